/**
 * Answers of drivers, copied member by member: the result is plain frozen data of the contract's types, whatever the
 * driver returned. Every function throws a problem as an {@link Unfit}.
 */
import { familyOf, parseIpAddress } from '../address/index.ts';
import type { Family, IpAddress, PerFamily } from '../address/types.ts';
import type { AttachTarget, Issue, Observation, PlaneStatus } from '../driver.ts';
import type { Resource } from '../model.ts';

/** An answer violates the contract; the message says how. */
export class Unfit extends Error {}

export function takeStatus(value: unknown): PlaneStatus {
  const { state, reasons } = members(value, 'the status');
  if (state !== 'ready' && state !== 'degraded' && state !== 'unavailable')
    throw new Unfit('the state is not ready, degraded or unavailable');
  return Object.freeze({ state, reasons: takeTexts(reasons, 'reasons') });
}

export function takeResources(value: unknown): readonly Resource[] {
  return Object.freeze(list(value, 'the plan').map(takeResource));
}

export function takeResource(value: unknown): Resource {
  const resource = members(value, 'a resource');
  const { kind, name } = resource;
  if (typeof kind !== 'string' || kind === '' || typeof name !== 'string' || name === '')
    throw new Unfit('a resource has no kind or no name');
  for (const [key, detail] of Object.entries(resource))
    if (typeof detail !== 'string') throw new Unfit(`${key} of a resource is not a string`);
  return Object.freeze({ ...(resource as Record<string, string>), kind, name });
}

/** In their written form, as core records them. */
export function takeAddresses(value: unknown): PerFamily<IpAddress> {
  const taken: { [F in Family]?: IpAddress } = {};
  for (const [family, text] of Object.entries(members(value, 'the value'))) {
    if (family !== 'ipv4' && family !== 'ipv6') throw new Unfit(`${family} is not a family`);
    if (text === undefined) continue;
    if (typeof text !== 'string') throw new Unfit(`the ${family} address is not a string`);
    const address = parseIpAddress(text);
    if (familyOf(address) !== family) throw new Unfit(`${address} is not an ${family} address`);
    taken[family] = address;
  }
  return Object.freeze(taken);
}

/** One answer for each target, in their order. */
export function takeObservations(
  value: unknown,
  targets: readonly AttachTarget[],
): readonly Observation[] {
  const found = list(value, 'the answer');
  if (found.length !== targets.length)
    throw new Unfit(`there are ${found.length} answers for ${targets.length} targets`);
  return Object.freeze(found.map((one, index) => takeObservation(one, targets[index])));
}

function takeObservation(value: unknown, target: AttachTarget | undefined): Observation {
  const { endpointId, hostInterface, problems } = members(value, 'an observation');
  if (endpointId !== target?.endpoint.id || typeof endpointId !== 'string')
    throw new Unfit('an observation is not of the endpoint that was asked for');
  if (hostInterface !== undefined && typeof hostInterface !== 'string')
    throw new Unfit('hostInterface of an observation is not a string');
  return Object.freeze({
    endpointId,
    problems: takeTexts(problems, 'problems'),
    ...(hostInterface === undefined ? {} : { hostInterface }),
  });
}

/** Sentences about differences. */
export function takeProblems(value: unknown): readonly string[] {
  return takeTexts(value, 'the answer');
}

export function takeIssues(value: unknown): readonly Issue[] {
  return Object.freeze(
    list(value, 'the answer').map((issue) => {
      const { path, message } = members(issue, 'an issue');
      if (typeof path !== 'string' || typeof message !== 'string')
        throw new Unfit('an issue has no path or no message');
      return Object.freeze({ path, message });
    }),
  );
}

/** The problem with the value of an option, if any. */
export function takeProblem(value: unknown): string | undefined {
  if (value === undefined || typeof value === 'string') return value;
  throw new Unfit('the answer is neither a text nor undefined');
}

export function members(value: unknown, what: string): Readonly<Record<string, unknown>> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    throw new Unfit(`${what} is not an object`);
  return value as Readonly<Record<string, unknown>>;
}

function list(value: unknown, what: string): readonly unknown[] {
  if (!Array.isArray(value)) throw new Unfit(`${what} is not an array`);
  return value;
}

function takeTexts(value: unknown, what: string): readonly string[] {
  const texts = list(value, what);
  if (!texts.every((text) => typeof text === 'string'))
    throw new Unfit(`${what} has something that is not a string`);
  return Object.freeze([...texts]);
}
