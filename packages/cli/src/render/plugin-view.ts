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
    ...found.map(({ apiVersion, directory, entry: _, plugin: __, ...plugin }): PluginView => ({
      ...NOTHING,
      ...plugin,
      api_version: apiVersion,
      path: directory,
      reason: skipped.find((other) => other.directory === directory)?.reason ?? '',
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
  drivers,
}: SkippedPlugin): PluginView {
  return {
    ...NOTHING,
    name: plugin,
    version,
    origin,
    path: directory,
    state: 'skipped',
    reason,
    drivers: drivers.map((name) => ({ name, description: '', platforms: [] })),
  };
}
