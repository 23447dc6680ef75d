/** Turns a driver as registered by a plugin into one that core can safely read and call. */
import { FAMILIES } from '../address/types.ts';
import type {
  Capabilities,
  DataPlaneLoader,
  EndpointRequest,
  Issue,
  NetworkDriver,
  OptionDescription,
  PlatformName,
} from '../driver.ts';
import { KleenetError } from '../errors.ts';
import { frozen } from '../frozen.ts';
import { NETWORK_TYPES } from '../model.ts';
import type { Network, NetworkType } from '../model.ts';
import { reasonOf } from '../quote.ts';
import { Unfit, members, takeIssues, takeProblem } from './answers.ts';
import { DriverFaults } from './faults.ts';
import type { DriverOrigin } from './faults.ts';

/** A driver whose members were checked and copied: later changes to the original have no effect. */
export interface CheckedDriver extends NetworkDriver {
  /** Complete: absent capabilities have their defaults. */
  readonly capabilities: Required<Capabilities>;
  readonly networkOptions: NonNullable<NetworkDriver['networkOptions']>;
  validateNetwork(network: Network): readonly Issue[];
  readonly origin: DriverOrigin;
}

const STACKS = ['own', 'restricted', 'host', 'none'] as const;
const PLATFORMS: readonly PlatformName[] = ['freebsd', 'linux', 'memory'];

/** @throws KleenetError PLUGIN_INVALID, with every problem of the driver */
export function checkDriver(driver: unknown, origin: DriverOrigin): CheckedDriver {
  const faults = new DriverFaults(origin);
  const { 'the driver': original } = takeAll(origin, {
    'the driver': () => members(driver, 'it'),
  });
  const taken = takeAll(origin, {
    capabilities: () => takeCapabilities(original['capabilities']),
    platformCapabilities: () => takePlatformCapabilities(original),
    dataPlanes: () => takeLoaders(original['dataPlanes']),
    options: () => takeOptions(original['options'], 'its option', faults),
    networkOptions: () =>
      takeOptions(original['networkOptions'] ?? {}, 'its network option', faults),
    validateEndpoint: () => takeValidation(original, faults),
    validateNetwork: () => takeNetworkValidation(original, faults),
  });
  return Object.freeze({ name: origin.driver, origin, ...taken });
}

/** Takes every part, or refuses the driver with the problems of all parts. */
function takeAll<T extends object>(
  origin: DriverOrigin,
  parts: { readonly [Part in keyof T]: () => T[Part] },
): T {
  const problems: string[] = [];
  const taken = Object.entries<() => unknown>(parts).map(([path, take]) => {
    try {
      return [path, take()];
    } catch (cause) {
      problems.push(`${path}: ${reasonOf(cause)}`);
      return [];
    }
  });
  if (problems.length > 0) throw unfit(origin, problems);
  return Object.fromEntries(taken) as T;
}

function takeCapabilities(value: unknown): Required<Capabilities> {
  const given = members(value, 'the value');
  const flag = (name: keyof Capabilities): boolean => {
    const set = given[name] ?? false;
    if (typeof set !== 'boolean') throw new Unfit(`${name} is not a boolean`);
    return set;
  };
  const stack = oneOf(given['stack'], STACKS, 'stack');
  const networkTypes = subset(given['networkTypes'], NETWORK_TYPES, 'networkTypes');
  const someTypes = (name: keyof Capabilities): readonly NetworkType[] =>
    given[name] === undefined ? networkTypes : subset(given[name], networkTypes, name);
  return Object.freeze({
    stack,
    networkTypes,
    families: subset(given['families'], FAMILIES, 'families'),
    connectWhileRunning: flag('connectWhileRunning'),
    disconnectWhileRunning: flag('disconnectWhileRunning'),
    publishPorts: flag('publishPorts'),
    mac: flag('mac'),
    gateway: flag('gateway'),
    lateBinding: flag('lateBinding'),
    internalOn: someTypes('internalOn'),
    noIccOn: someTypes('noIccOn'),
    hostChecks: flag('hostChecks'),
  });
}

/** Each is complete: together with the capabilities that do not differ. */
function takePlatformCapabilities(
  original: Readonly<Record<string, unknown>>,
): NonNullable<NetworkDriver['platformCapabilities']> {
  const { capabilities, platformCapabilities = {} } = original;
  const given = members(platformCapabilities, 'the value');
  const taken: { [P in PlatformName]?: Required<Capabilities> } = {};
  for (const platform of PLATFORMS) {
    const own = given[platform];
    if (own === undefined) continue;
    const all = { ...members(capabilities, 'capabilities'), ...members(own, platform) };
    taken[platform] = takeCapabilities(all);
  }
  return Object.freeze(taken);
}

function oneOf<T extends string>(value: unknown, known: readonly T[], name: string): T {
  const found = known.find((one) => one === value);
  if (found === undefined) throw new Unfit(`${name} is none of ${known.join(', ')}`);
  return found;
}

function subset<T extends string>(value: unknown, known: readonly T[], name: string): readonly T[] {
  if (!Array.isArray(value)) throw new Unfit(`${name} is not an array`);
  return Object.freeze(value.map((one) => oneOf<T>(one, known, `an entry of ${name}`)));
}

/** The data planes are guarded where they are loaded. */
function takeLoaders(value: unknown): NetworkDriver['dataPlanes'] {
  const given = members(value, 'the value');
  const loaders: { [P in PlatformName]?: DataPlaneLoader } = {};
  for (const platform of PLATFORMS) {
    const load = given[platform];
    if (load === undefined) continue;
    if (typeof load !== 'function') throw new Unfit(`${platform} is not a function`);
    loaders[platform] = (dependencies) => Reflect.apply(load, value, [dependencies]);
  }
  return Object.freeze(loaders);
}

function takeOptions(value: unknown, what: string, faults: DriverFaults): NetworkDriver['options'] {
  const options = Object.entries(members(value, 'the value')).map(
    ([name, option]): [string, OptionDescription] => [name, takeOption(name, option, what, faults)],
  );
  return Object.freeze(Object.fromEntries(options));
}

function takeOption(
  name: string,
  value: unknown,
  what: string,
  faults: DriverFaults,
): OptionDescription {
  const { description, check } = members(value, name);
  if (typeof description !== 'string') throw new Unfit(`${name} has no description`);
  if (typeof check !== 'function') throw new Unfit(`${name} has no check`);
  return Object.freeze({
    description,
    check: (text: string) =>
      called(faults, `the check of ${what} ${name}`, () =>
        takeProblem(Reflect.apply(check, value, [text])),
      ),
  });
}

function takeValidation(
  original: Readonly<Record<string, unknown>>,
  faults: DriverFaults,
): NetworkDriver['validateEndpoint'] {
  const validate = original['validateEndpoint'];
  if (typeof validate !== 'function') throw new Unfit('it is not a function');
  return (network: Network, request: EndpointRequest) =>
    called(faults, 'validateEndpoint', () =>
      takeIssues(Reflect.apply(validate, original, [frozen(network), frozen(request)])),
    );
}

function takeNetworkValidation(
  original: Readonly<Record<string, unknown>>,
  faults: DriverFaults,
): CheckedDriver['validateNetwork'] {
  const validate = original['validateNetwork'];
  if (validate === undefined) return () => [];
  if (typeof validate !== 'function') throw new Unfit('it is not a function');
  return (network: Network) =>
    called(faults, 'validateNetwork', () =>
      takeIssues(Reflect.apply(validate, original, [frozen(network)])),
    );
}

function called<T>(faults: DriverFaults, method: string, call: () => T): T {
  try {
    return call();
  } catch (cause) {
    throw cause instanceof Unfit
      ? faults.broken(method, cause.message)
      : faults.thrown(method, cause);
  }
}

function unfit(
  { driver, plugin, version }: DriverOrigin,
  problems: readonly string[],
): KleenetError {
  return new KleenetError(
    'PLUGIN_INVALID',
    `driver ${driver} of plugin ${plugin} ${version} does not keep the contract: ${problems.join('; ')}`,
    {
      hint: `report this to the author of ${plugin}; 'klee plugin test' shows more`,
      details: { driver, plugin, version, problems },
    },
  );
}
