import { KleenetError } from './errors.ts';
import type { ErrorCode } from './errors.ts';
import { driverContainer } from './injection.ts';
import type { CheckedDriver } from './guard/index.ts';
import { loadDrivers } from './plugin.ts';
import type { DriverManifest, PluginSource } from './plugin.ts';

/** A driver and its origin. */
export interface ListedDriver extends DriverManifest {
  readonly plugin: string;
  readonly version: string;
}

/** A skipped plugin or driver, and the reason. */
export interface RejectedPlugin {
  readonly plugin: string;
  readonly version: string;
  readonly reason: string;
  /** The error code for requests of one of its drivers. Default PLUGIN_INVALID. */
  readonly code?: ErrorCode;
  /** The drivers that it would offer, as far as they are known. */
  readonly drivers?: readonly string[];
}

export interface RegistryOptions {
  /** Skipped plugins and drivers, for the messages. */
  readonly rejected?: readonly RejectedPlugin[];
  /** How long a plugin may take to load, in milliseconds. Default 10,000. */
  readonly loadDeadline?: number;
}

/** In milliseconds. */
const LOAD_DEADLINE = 10_000;

/**
 * Knows every driver, loads their code on first use, and refuses a second driver for a container.
 *
 * Where two plugins declare a driver of one name, the one that comes first in the list of sources wins and the other
 * is reported as rejected.
 */
export class DriverRegistry {
  readonly rejected: readonly RejectedPlugin[];
  readonly #sources: ReadonlyMap<string, PluginSource>;
  readonly #loaded = new Map<PluginSource, Promise<void>>();
  readonly #drivers = driverContainer();
  readonly #loadDeadline: number;

  constructor(sources: readonly PluginSource[], options: RegistryOptions = {}) {
    const { byDriver, rejected } = arrange(sources);
    this.#sources = byDriver;
    this.rejected = [...(options.rejected ?? []), ...rejected];
    this.#loadDeadline = options.loadDeadline ?? LOAD_DEADLINE;
  }

  /** All drivers, ordered by name; loads no code. */
  list(): readonly ListedDriver[] {
    return [...this.#sources]
      .map(([name, source]) => ({
        ...manifestOf(source, name),
        plugin: source.name,
        version: source.version,
      }))
      .toSorted((a, b) => (a.name < b.name ? -1 : 1));
  }

  /** Whether a driver of this name is declared; loads no code. */
  has(name: string): boolean {
    return this.#sources.has(name);
  }

  /**
   * The driver of this name, loaded on first use. Every call to it is guarded.
   * @throws KleenetError DRIVER_NOT_FOUND, PLUGIN_INVALID, PLUGIN_UNTRUSTED, API_VERSION_UNSUPPORTED, DRIVER_CONFLICT,
   * DRIVER_TIMEOUT
   */
  async driver(name: string): Promise<CheckedDriver> {
    const source = this.#sources.get(name);
    if (source === undefined) throw this.#unknown(name);
    let loading = this.#loaded.get(source);
    if (loading === undefined) {
      loading = this.#load(source);
      this.#loaded.set(source, loading);
    }
    await loading;
    const driver = this.#drivers.find(name);
    if (driver === undefined) {
      throw new KleenetError(
        'PLUGIN_INVALID',
        `plugin ${source.name} ${source.version} declares the driver '${name}' but does not register it`,
        { hint: `report this to the author of ${source.name}` },
      );
    }
    return driver;
  }

  /**
   * Refuses a driver other than the container's own.
   * @throws KleenetError DRIVER_CONFLICT
   */
  requireSame(container: { readonly name: string; readonly driver: string }, driver: string): void {
    requireSameDriver(container, driver);
  }

  async #load(source: PluginSource): Promise<void> {
    const drivers = await loadDrivers(source, this.#loadDeadline);
    for (const driver of drivers)
      if (this.#sources.get(driver.name) === source) this.#drivers.add(driver);
  }

  #unknown(name: string): KleenetError {
    const offered = this.rejected.find(({ drivers }) => drivers?.includes(name) === true);
    if (offered !== undefined) return unusable(name, offered);
    const known = [...this.#sources.keys()].toSorted().join(', ');
    return new KleenetError('DRIVER_NOT_FOUND', `no driver is named '${name}'`, {
      hint: `known drivers: ${known}; 'klee plugin ls' shows where they come from`,
      details: { driver: name },
    });
  }
}

/**
 * A container keeps its driver for life.
 * @throws KleenetError DRIVER_CONFLICT
 */
export function requireSameDriver(
  container: { readonly name: string; readonly driver: string },
  driver: string,
): void {
  if (container.driver === driver) return;
  throw new KleenetError(
    'DRIVER_CONFLICT',
    `container '${container.name}' has the driver ${container.driver}, which cannot be combined with ${driver}`,
    {
      hint: `a container keeps its driver for life: make another container with --driver ${driver}`,
      details: { container: container.name, driver: container.driver, requested: driver },
    },
  );
}

function unusable(name: string, { plugin, version, reason, code }: RejectedPlugin): KleenetError {
  return new KleenetError(
    code ?? 'PLUGIN_INVALID',
    `the driver '${name}' cannot be used, because its plugin ${plugin} ${version} is skipped: ${reason}`,
    {
      hint: `'klee plugin info ${plugin}' shows more`,
      details: { driver: name, plugin, version, reason },
    },
  );
}

function arrange(sources: readonly PluginSource[]): {
  byDriver: ReadonlyMap<string, PluginSource>;
  rejected: readonly RejectedPlugin[];
} {
  const byDriver = new Map<string, PluginSource>();
  const rejected: RejectedPlugin[] = [];
  for (const source of sources) {
    for (const { name } of source.drivers) {
      const first = byDriver.get(name);
      if (first === undefined) byDriver.set(name, source);
      else
        rejected.push({
          plugin: source.name,
          version: source.version,
          reason: `driver '${name}' is already offered by ${first.name}`,
        });
    }
  }
  return { byDriver, rejected };
}

function manifestOf(source: PluginSource, name: string): DriverManifest {
  return (
    source.drivers.find((driver) => driver.name === name) ?? {
      name,
      description: '',
      platforms: [],
    }
  );
}
