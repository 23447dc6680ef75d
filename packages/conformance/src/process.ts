/** One process on a host: calls the driver's data plane like core does. */
import { setImmediate } from 'node:timers/promises';
import { resourceName } from '@kleenet/core';
import type { Operation } from '@kleenet/core';
import type { AttachTarget, DataPlane, Resource } from '@kleenet/core/driver';
import { within } from './deadline.ts';
import type { StagedProcess } from './stage.ts';

export interface ProcessParts extends StagedProcess {
  readonly claim: (endpointId: string, resource: Resource) => void;
  readonly deadline: number;
  /** As the driver declares it. */
  readonly lateBinding: boolean | undefined;
}

/** Calls a data plane like core does: claims first, always with a signal and a deadline. */
export class Process {
  readonly plane: DataPlane;
  readonly #parts: ProcessParts;

  constructor(parts: ProcessParts) {
    this.plane = parts.plane;
    this.#parts = parts;
  }

  /** How many steps were begun on the host. */
  get steps(): number {
    return this.#parts.process.steps;
  }

  /** How many reads of the host were begun. */
  get reads(): number {
    return this.#parts.reads.begun;
  }

  async attach(target: AttachTarget, signal: AbortSignal = UNDISTURBED.signal): Promise<void> {
    const { claim } = this.#parts;
    const known = new Set(target.claims.map(resourceName));
    const planned = this.plane
      .plan(target)
      .filter((resource) => !known.has(resourceName(resource)));
    for (const resource of planned) claim(target.endpoint.id, resource);
    await this.#call('attach', { ...target, claims: [...target.claims, ...planned] }, signal);
  }

  detach(target: AttachTarget, signal: AbortSignal = UNDISTURBED.signal): Promise<void> {
    return this.#call('detach', target, signal);
  }

  /** For the steps after a call that may fail: its result concerns other cases. */
  async attempt(
    method: 'attach' | 'detach',
    target: AttachTarget,
    signal?: AbortSignal,
  ): Promise<void> {
    await Promise.allSettled([this[method](target, signal)]);
  }

  /** The problems of each target. */
  async problems(...targets: readonly AttachTarget[]): Promise<readonly (readonly string[])[]> {
    const observing = this.plane.observe(targets);
    const observations = await within(this.#parts.deadline, 'observe', observing);
    return observations.map(({ problems }) => problems);
  }

  /** Resolves when the step is reached, or the call has ended. */
  async reach(step: number, call: Promise<unknown>): Promise<void> {
    await until(() => this.steps >= step, call);
  }

  /** The same for a read. */
  async reachRead(read: number, call: Promise<unknown>): Promise<void> {
    await until(() => this.reads >= read, call);
  }

  #call(method: 'attach' | 'detach', target: AttachTarget, signal: AbortSignal): Promise<void> {
    const { plane, claim, deadline, lateBinding } = this.#parts;
    const host = {
      signal,
      claim: async (resource: Resource): Promise<void> => claim(target.endpoint.id, resource),
      ...(lateBinding === true && method === 'attach' ? { bind: binding(target) } : {}),
    };
    return within(deadline, method, plane[method](Object.freeze(target), host));
  }
}

/** Core leases them first; the addresses of a kit are free. */
function binding(target: AttachTarget): NonNullable<Operation['bind']> {
  const { endpoint } = target;
  return async (given) => {
    const addresses = Object.freeze({ ...endpoint.addresses, ...given });
    return Object.freeze({ ...target, endpoint: Object.freeze({ ...endpoint, addresses }) });
  };
}

async function until(isReached: () => boolean, call: Promise<unknown>): Promise<void> {
  let over = false;
  const end = (): void => {
    over = true;
  };
  void call.then(end, end);
  while (!over && !isReached()) await setImmediate();
}

/** The argument of an undisturbed operation. */
export const UNDISTURBED: Operation = {
  signal: new AbortController().signal,
  claim: () => Promise.resolve(),
};
