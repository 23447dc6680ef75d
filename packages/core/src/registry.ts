import { driverContainer } from './injection.ts';
import { API_VERSION } from './driver.ts';
import type { NetworkDriver, Plugin, PlatformName, Registrar } from './driver.ts';
import { KleenetError, isKleenetError } from './errors.ts';

/** One driver as a plugin's manifest declares it: enough for listings and help, without loading code. */
export interface DriverManifest {
  readonly name: string;
  /** One sentence. */
  readonly description: string;
  readonly platforms: readonly PlatformName[];
}

/** A plugin whose manifest was found; its code is loaded when one of its drivers is used. */
export interface PluginSource {
  /** The npm package's name. */
  readonly name: string;
  readonly version: string;
  readonly apiVersion: number;
  readonly drivers: readonly DriverManifest[];
  load(): Promise<Plugin>;
}

/** A driver and where it comes from. */
export interface ListedDriver extends DriverManifest {
  readonly plugin: string;
  readonly version: string;
}

/** A plugin or driver that is not used, and why. */
export interface RejectedPlugin {
  readonly plugin: string;
  readonly version: string;
  readonly reason: string;
}

/**
 * Knows every driver, loads their code on first use, and refuses a second driver for a container.
 *
 * Where two plugins declare a driver of one name, the one that comes first in the list of sources wins and the other
 * is reported as rejected.
 */
export class DriverRegistry {
  readonly rejected: readonly RejectedPlugin[];
  readonly #sources: ReadonlyMap<string, PluginSource>;
  readonly #loaded = new Map<string, Promise<void>>();
  readonly #drivers = driverContainer();

  constructor(sources: readonly PluginSource[]) {
    const { byDriver, rejected } = arrange(sources);
    this.#sources = byDriver;
    this.rejected = rejected;
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
   * The driver of this name, loaded if need be.
   * @throws KleenetError DRIVER_NOT_FOUND, PLUGIN_INVALID, API_VERSION_UNSUPPORTED, DRIVER_CONFLICT
   */
  async driver(name: string): Promise<NetworkDriver> {
    const source = this.#sources.get(name);
    if (source === undefined) throw this.#unknown(name);
    let loading = this.#loaded.get(source.name);
    if (loading === undefined) {
      loading = this.#load(source);
      this.#loaded.set(source.name, loading);
    }
    await loading;
    const driver = this.#drivers.find(name);
    if (driver === undefined) {
      throw new KleenetError(
        'PLUGIN_INVALID',
        `plugin ${source.name} declares the driver '${name}' but does not register it`,
        {
          hint: `report this to the author of ${source.name} ${source.version}`,
        },
      );
    }
    return driver;
  }

  /**
   * Refuses a driver other than the container's own.
   * @throws KleenetError DRIVER_CONFLICT
   */
  requireSame(container: { readonly name: string; readonly driver: string }, driver: string): void {
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

  async #load(source: PluginSource): Promise<void> {
    requireApiVersion(source.name, source.version, source.apiVersion);
    const plugin = await loadPlugin(source);
    requireApiVersion(source.name, source.version, plugin.apiVersion);
    plugin.register(this.#registrarFor(source));
  }

  #registrarFor(source: PluginSource): Registrar {
    return {
      register: (driver) => {
        if (!source.drivers.some(({ name }) => name === driver.name)) {
          throw new KleenetError(
            'PLUGIN_INVALID',
            `plugin ${source.name} registers '${driver.name}', which its manifest does not declare`,
          );
        }
        if (this.#sources.get(driver.name) !== source) return;
        this.#drivers.add(driver);
      },
    };
  }

  #unknown(name: string): KleenetError {
    const known = [...this.#sources.keys()].toSorted().join(', ');
    return new KleenetError('DRIVER_NOT_FOUND', `no driver is named '${name}'`, {
      hint: `known drivers: ${known}; 'klee plugin ls' shows where they come from`,
      details: { driver: name },
    });
  }
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

function requireApiVersion(name: string, version: string, apiVersion: number): void {
  if (apiVersion === API_VERSION) return;
  throw new KleenetError(
    'API_VERSION_UNSUPPORTED',
    `plugin ${name} ${version} is written for driver contract ${apiVersion}, and this klee has ${API_VERSION}`,
    {
      hint: `install a version of ${name} for contract ${API_VERSION}`,
      details: { plugin: name, apiVersion },
    },
  );
}

async function loadPlugin(source: PluginSource): Promise<Plugin> {
  try {
    return await source.load();
  } catch (cause) {
    if (isKleenetError(cause)) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new KleenetError(
      'PLUGIN_INVALID',
      `plugin ${source.name} ${source.version} cannot be loaded: ${reason}`,
      { cause },
    );
  }
}
