/** The JSON of a plugin. */
import type { PluginCatalog, SkippedPlugin } from '@kleenet/host/plugins';

export interface PluginView {
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly api_version: number | '';
  /** `klee`, `system`, `user` or `config`. */
  readonly origin: string;
  /** The folder of the package; empty for a built-in one. */
  readonly path: string;
  /** The directory elsewhere that it is used from; empty for a copy. */
  readonly linked_to: string;
  /** `usable`, or `skipped`. */
  readonly state: string;
  /** The reason why it, or one of its drivers, is not used. */
  readonly reason: string;
  readonly drivers: readonly {
    readonly name: string;
    readonly description: string;
    readonly platforms: readonly string[];
  }[];
  readonly privileges: readonly string[];
}

/** In order of precedence; unused ones come last. */
export function pluginViews({ sources, found, skipped }: PluginCatalog): readonly PluginView[] {
  const own = sources.slice(0, sources.length - found.length);
  return [
    ...own.map(({ name, version, apiVersion, drivers }): PluginView => ({
      ...NOTHING,
      name,
      version,
      api_version: apiVersion,
      origin: 'klee',
      drivers,
    })),
    ...found.map((plugin): PluginView => ({
      ...NOTHING,
      name: plugin.name,
      version: plugin.version,
      description: plugin.description,
      api_version: plugin.apiVersion,
      origin: plugin.origin,
      path: plugin.directory,
      linked_to: plugin.linkedTo ?? '',
      reason: skipped.find((other) => other.directory === plugin.directory)?.reason ?? '',
      drivers: plugin.drivers,
      privileges: plugin.privileges,
    })),
    ...skipped
      .filter(({ directory }) => !found.some((plugin) => plugin.directory === directory))
      .map(skippedView),
  ];
}

const NOTHING: PluginView = {
  name: '',
  version: '',
  description: '',
  api_version: '',
  origin: '',
  path: '',
  linked_to: '',
  state: 'usable',
  reason: '',
  drivers: [],
  privileges: [],
};

function skippedView({
  plugin,
  version,
  reason,
  origin,
  directory,
  linkedTo = '',
  drivers,
}: SkippedPlugin): PluginView {
  return {
    ...NOTHING,
    name: plugin,
    version,
    origin,
    path: directory,
    linked_to: linkedTo,
    state: 'skipped',
    reason,
    drivers: drivers.map((name) => ({ name, description: '', platforms: [] })),
  };
}
