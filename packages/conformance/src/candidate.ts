import type { NetworkDriver, Plugin } from '@kleenet/core/driver';
import { createSimulatedPlatform } from '@kleenet/core/testing';
import type { SimulatedPlatform } from '@kleenet/core/testing';

/**
 * What is put to the test: a driver, or what makes one for a simulated host. The second is for drivers whose data
 * plane for `memory` works on that host itself; it is called for each new host.
 */
export type Subject = NetworkDriver | ((host: SimulatedPlatform) => NetworkDriver);

export interface ConformanceOptions {
  /** The plugin that registers the driver; without it the cases about plugins are skipped. */
  readonly plugin?: Plugin;
  /** The package.json of the plugin, parsed; without it the cases about it are skipped. */
  readonly packageJson?: unknown;
  /** `--driver-opt` values that every endpoint gets, for drivers that cannot do without. Default: none. */
  readonly endpointOptions?: Readonly<Record<string, string>>;
  /** How long one call of the driver may take, in milliseconds. Default 5,000. */
  readonly deadline?: number;
}

/** A subject, ready for the cases. */
export interface Candidate {
  /** For what does not depend on a host. */
  readonly driver: NetworkDriver;
  readonly plugin: Plugin | undefined;
  readonly packageJson: unknown;
  readonly endpointOptions: Readonly<Record<string, string>>;
  readonly deadline: number;
  /** The driver for one simulated host. */
  readonly on: (host: SimulatedPlatform) => NetworkDriver;
}

export function candidateOf(subject: Subject, options: ConformanceOptions): Candidate {
  const on = typeof subject === 'function' ? subject : () => subject;
  return {
    driver: on(createSimulatedPlatform()),
    plugin: options.plugin,
    packageJson: options.packageJson,
    endpointOptions: options.endpointOptions ?? {},
    deadline: options.deadline ?? 5000,
    on,
  };
}
