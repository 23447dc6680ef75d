/** The conformance kit, run on the drivers of a plugin. */
import { reportData, runConformance } from '@kleenet/conformance';
import type { ConformanceOptions, ConformanceReport, DriverReport } from '@kleenet/conformance';
import { DriverRegistry } from '@kleenet/core';
import type { PluginSource } from '@kleenet/core';
import type { NetworkDriver, Plugin } from '@kleenet/core/driver';
import type { PackagedPlugin } from '@kleenet/host/installer';
import { KleenetError } from '@kleenet/core/errors';
import { withLinux } from './linux-trial.ts';
import type { Trial } from './linux-trial.ts';

export interface TestOptions {
  /** Test only this driver. */
  readonly driver?: string;
  readonly endpointOptions: Readonly<Record<string, string>>;
  readonly networkOptions: Readonly<Record<string, string>>;
}

/**
 * Loads a plugin, and reports on each of its drivers.
 *
 * @param tryOnLinux - runs the cases about a Linux host on a driver in namespaces of their own
 * @throws KleenetError for a plugin that core would refuse, and DRIVER_NOT_FOUND
 */
export async function testPlugin(
  source: PackagedPlugin,
  options: TestOptions,
  tryOnLinux: (driver: string) => Promise<Trial>,
): Promise<readonly DriverReport[]> {
  const { plugin, drivers } = await driversOf(source, options.driver);
  const reports: DriverReport[] = [];
  for (const one of drivers) {
    const given = conformanceOptions(source, plugin, options);
    const report = runOnModels(one, given);
    const hasLinux = one.dataPlanes.linux !== undefined;
    const trial = hasLinux ? tryOnLinux(one.name) : undefined;
    const whole = trial === undefined ? await report : withLinux(await report, await trial);
    reports.push(reportData(one.name, whole));
  }
  return reports;
}

/** The plugin as core takes it, and its drivers. @throws KleenetError */
export async function driversOf(
  source: PackagedPlugin,
  driver?: string,
): Promise<{ readonly plugin: Plugin; readonly drivers: readonly NetworkDriver[] }> {
  const names = source.drivers.map(({ name }) => name);
  if (driver !== undefined && !names.includes(driver)) throw unknown(source, driver, names);
  const plugin = await takenByCore(source);
  const drivers = registeredBy(plugin).filter(({ name }) => (driver ?? name) === name);
  return { plugin, drivers };
}

export function conformanceOptions(
  { packageJson }: PackagedPlugin,
  plugin: Plugin,
  { endpointOptions, networkOptions }: TestOptions,
): ConformanceOptions {
  return {
    plugin,
    endpointOptions,
    networkOptions,
    ...(packageJson === undefined ? {} : { packageJson }),
  };
}

async function runOnModels(
  driver: NetworkDriver,
  options: ConformanceOptions,
): Promise<ConformanceReport> {
  const { freebsdTestHost } = await import('@kleenet/freebsd-model');
  return runConformance(driver, { ...options, hosts: { freebsd: () => freebsdTestHost() } });
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
