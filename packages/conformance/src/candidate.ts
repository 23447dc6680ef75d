import { capabilitiesOn } from '@kleenet/core/driver';
import type { Capabilities, NetworkDriver, PlatformName, Plugin } from '@kleenet/core/driver';
import { createSimulatedPlatform } from '@kleenet/core/testing';
import type { SimulatedPlatform, TestHost } from '@kleenet/core/testing';
import type { ImportedPlugin } from './importing.ts';
import { givenStage, simulatedStage } from './stage.ts';
import type { RealPlatform, Stage } from './stage.ts';

/**
 * The candidate: a driver, or a factory of drivers for simulated hosts. A factory is for drivers whose `memory` data
 * plane works on that host itself; it is called for each new host.
 */
export type Subject = NetworkDriver | ((host: SimulatedPlatform) => NetworkDriver);

/** How a driver is tested. */
export interface ConformanceOptions {
  /** The plugin that registers the driver; without it the cases about plugins are skipped. */
  readonly plugin?: Plugin;
  /** The plugin as `importPlugin` has imported it; without it the case about the import is skipped. It also serves as `plugin`. */
  readonly imported?: ImportedPlugin;
  /** The package.json of the plugin, parsed; without it the cases about it are skipped. */
  readonly packageJson?: unknown;
  /** `--driver-opt` values for every endpoint, for drivers that require them. Default: none. */
  readonly endpointOptions?: Readonly<Record<string, string>>;
  /** `--driver-opt` values for every network that belongs to the driver, where it requires them. Default: none. */
  readonly networkOptions?: Readonly<Record<string, string>>;
  /** How long one call of the driver may take, in milliseconds. Default 5,000. */
  readonly deadline?: number;
  /**
   * Makes a new host of a platform, for example a model of one: the cases about a host also run there, on the driver's
   * data plane for that platform. Without it those are skipped. The simulated host needs none.
   */
  readonly hosts?: { readonly [P in RealPlatform]?: () => TestHost };
  /** Why there is no host of a platform, for the report. Default: that none was given. */
  readonly untried?: { readonly [P in RealPlatform]?: string };
}

/** A subject, ready for the cases. */
export interface Candidate {
  /** For cases that do not need a host. */
  readonly driver: NetworkDriver;
  /** The capabilities of the driver that count: as declared, or those on one platform. */
  readonly capabilities: Capabilities;
  readonly plugin: Plugin | undefined;
  readonly imported: ImportedPlugin | undefined;
  readonly packageJson: unknown;
  readonly endpointOptions: Readonly<Record<string, string>>;
  readonly networkOptions: Readonly<Record<string, string>>;
  readonly deadline: number;
  /** The stage of the cases about a host. */
  readonly stage: Stage;
  /** Further stages. */
  readonly stages: { readonly [P in RealPlatform]?: Stage };
  /** Why there is no stage of a platform. */
  readonly untried: { readonly [P in RealPlatform]?: string };
}

export function candidateOf(subject: Subject, options: ConformanceOptions): Candidate {
  const on = typeof subject === 'function' ? subject : () => subject;
  const driver = on(createSimulatedPlatform());
  const { freebsd, linux } = options.hosts ?? {};
  return {
    driver,
    capabilities: driver.capabilities,
    plugin: options.plugin ?? options.imported?.plugin,
    imported: options.imported,
    packageJson: options.packageJson,
    endpointOptions: options.endpointOptions ?? {},
    networkOptions: options.networkOptions ?? {},
    deadline: options.deadline ?? 5000,
    untried: options.untried ?? {},
    stage: simulatedStage(on),
    stages: {
      ...(freebsd === undefined ? {} : { freebsd: givenStage(driver, 'freebsd', freebsd) }),
      ...(linux === undefined ? {} : { linux: givenStage(driver, 'linux', linux) }),
    },
  };
}

/** The candidate with the driver's capabilities on a platform; as declared without one. The driver itself stays. */
export function candidateOn(candidate: Candidate, platform: PlatformName | undefined): Candidate {
  if (platform === undefined) return candidate;
  return { ...candidate, capabilities: capabilitiesOn(candidate.driver, platform) };
}
