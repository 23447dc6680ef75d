/** The conformance kit, run on the drivers of a plugin. */
import { reportData, runConformance } from '@kleenet/conformance';
import type { DriverReport } from '@kleenet/conformance';
import { DriverRegistry } from '@kleenet/core';
import type { PluginSource } from '@kleenet/core';
import type { NetworkDriver, Plugin } from '@kleenet/core/driver';
import type { PackagedPlugin } from '@kleenet/host/installer';
import { KleenetError } from '@kleenet/core/errors';

export interface TestOptions {
  /** Test only this driver. */
  readonly driver?: string;
  readonly endpointOptions: Readonly<Record<string, string>>;
}

/**
 * Loads a plugin, and reports on each of its drivers.
 * @throws KleenetError for a plugin that core would refuse, and DRIVER_NOT_FOUND
 */
export async function testPlugin(
  source: PackagedPlugin,
  { driver, endpointOptions }: TestOptions,
): Promise<readonly DriverReport[]> {
  const names = source.drivers.map(({ name }) => name);
  if (driver !== undefined && !names.includes(driver)) throw unknown(source, driver, names);
  const plugin = await takenByCore(source);
  const drivers = registeredBy(plugin).filter(({ name }) => (driver ?? name) === name);
  const { freebsdTestHost } = await import('@kleenet/freebsd-model');
  const reports: DriverReport[] = [];
  for (const one of drivers) {
    const { packageJson } = source;
    const report = await runConformance(one, {
      plugin,
      endpointOptions,
      hosts: { freebsd: () => freebsdTestHost() },
      ...(packageJson === undefined ? {} : { packageJson }),
    });
    reports.push(reportData(one.name, report));
  }
  return reports;
}

/** Core's own refusal of a plugin is clearer than any failing case. */
async function takenByCore(source: PackagedPlugin): Promise<Plugin> {
  let loaded: unknown;
  const registry = new DriverRegistry([
    {
      ...source,
      load: async () => {
        loaded = await source.load();
        return loaded;
      },
    },
  ]);
  for (const { name } of source.drivers) await registry.driver(name);
  return loaded as Plugin;
}

/** The raw drivers: core itself wraps drivers in a guard. */
function registeredBy(plugin: Plugin): readonly NetworkDriver[] {
  const drivers: NetworkDriver[] = [];
  plugin.register({ register: (one) => void drivers.push(one) });
  return drivers;
}

function unknown({ name }: PluginSource, driver: string, known: readonly string[]): KleenetError {
  return new KleenetError('DRIVER_NOT_FOUND', `plugin ${name} has no driver '${driver}'`, {
    hint: `it has: ${known.join(', ')}`,
    details: { plugin: name, driver },
  });
}
