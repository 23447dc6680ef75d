/** From the manifest of a plugin to its drivers: loads its code, which is not trusted to behave. */
import { API_VERSION } from './driver.ts';
import type { NetworkDriver, Plugin, PlatformName, Registrar } from './driver.ts';
import { KleenetError } from './errors.ts';
import type { ErrorCode } from './errors.ts';
import { checkDriver, within } from './guard/index.ts';
import type { CheckedDriver } from './guard/index.ts';
import { quote, reasonOf } from './quote.ts';

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
  /** Resolves with the default export of the plugin's entry, whatever its type. */
  load(): Promise<unknown>;
}

/**
 * Loads a plugin and has it register its drivers: all of them, or none.
 *
 * @param deadline - how long the code may take to load, in milliseconds
 * @throws KleenetError PLUGIN_INVALID, PLUGIN_UNTRUSTED, API_VERSION_UNSUPPORTED, DRIVER_CONFLICT, DRIVER_TIMEOUT
 */
export async function loadDrivers(
  source: PluginSource,
  deadline: number,
): Promise<readonly CheckedDriver[]> {
  requireApiVersion(source, source.apiVersion);
  const plugin = takePlugin(source, await loadCode(source, deadline));
  requireApiVersion(source, plugin.apiVersion);
  return register(source, plugin);
}

async function loadCode(source: PluginSource, deadline: number): Promise<unknown> {
  const overdue = (): Error =>
    failure(source, 'DRIVER_TIMEOUT', `did not load within ${deadline / 1000} seconds`);
  try {
    return await within(() => source.load(), { deadline, overdue });
  } catch (cause) {
    // A typed error of this very core comes from the discovery, not from the plugin's code.
    if (cause instanceof KleenetError) throw cause;
    throw invalid(source, `cannot be loaded: ${reasonOf(cause)}`, cause);
  }
}

function takePlugin(source: PluginSource, loaded: unknown): Plugin {
  try {
    if (isPlugin(loaded)) return loaded;
  } catch (cause) {
    throw invalid(source, `cannot be read: ${reasonOf(cause)}`, cause);
  }
  throw invalid(source, 'has no default export made by definePlugin');
}

function isPlugin(loaded: unknown): loaded is Plugin {
  return (
    typeof loaded === 'object' &&
    loaded !== null &&
    'apiVersion' in loaded &&
    typeof loaded.apiVersion === 'number' &&
    'register' in loaded &&
    typeof loaded.register === 'function'
  );
}

function register(source: PluginSource, plugin: Plugin): readonly CheckedDriver[] {
  const drivers = new Map<string, CheckedDriver>();
  let isOpen = true;
  const registrar: Registrar = Object.freeze({
    register: (driver: NetworkDriver) => {
      if (!isOpen) throw invalid(source, 'registers a driver after register has returned');
      const checked = takeDriver(source, driver);
      if (drivers.has(checked.name)) throw registeredTwice(source, checked.name);
      drivers.set(checked.name, checked);
    },
  });
  try {
    const answer: unknown = plugin.register(registrar);
    if (answer instanceof Promise) {
      // Its drivers would come too late, so its result no longer matters.
      answer.catch(() => undefined);
      throw invalid(source, 'has an asynchronous register, which must be synchronous');
    }
  } catch (cause) {
    if (cause instanceof KleenetError) throw cause;
    throw invalid(source, `failed in register: ${reasonOf(cause)}`, cause);
  } finally {
    isOpen = false;
  }
  return [...drivers.values()];
}

function takeDriver(source: PluginSource, driver: unknown): CheckedDriver {
  const name =
    typeof driver === 'object' && driver !== null && 'name' in driver ? driver.name : undefined;
  if (typeof name !== 'string') throw invalid(source, 'registers a driver without a name');
  if (!source.drivers.some((declared) => declared.name === name))
    throw invalid(source, `registers ${quote(name)}, which its manifest does not declare`);
  return checkDriver(driver, { driver: name, plugin: source.name, version: source.version });
}

function requireApiVersion(source: PluginSource, apiVersion: number): void {
  if (apiVersion === API_VERSION) return;
  const { name, version } = source;
  throw new KleenetError(
    'API_VERSION_UNSUPPORTED',
    `plugin ${name} ${version} is written for driver contract ${apiVersion}, and this klee has ${API_VERSION}`,
    {
      hint: `install a version of ${name} for contract ${API_VERSION}`,
      details: { plugin: name, version, apiVersion, supported: API_VERSION },
    },
  );
}

function registeredTwice(source: PluginSource, driver: string): KleenetError {
  return failure(source, 'DRIVER_CONFLICT', `registers the driver '${driver}' twice`);
}

function invalid(source: PluginSource, what: string, cause?: unknown): KleenetError {
  return failure(source, 'PLUGIN_INVALID', what, cause);
}

function failure(
  { name, version }: PluginSource,
  code: ErrorCode,
  what: string,
  cause?: unknown,
): KleenetError {
  return new KleenetError(code, `plugin ${name} ${version} ${what}`, {
    hint: `report this to the author of ${name}`,
    details: { plugin: name, version },
    ...(cause === undefined ? {} : { cause }),
  });
}
