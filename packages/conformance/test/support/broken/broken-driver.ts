import type { AttachTarget, Operation } from '@kleenet/core/driver';
import type { SimulatedInterface } from '@kleenet/core/testing';
import type { ConformanceOptions, RealPlatform, Subject } from '../../../src/index.ts';

/** A driver with one fault, and the one case that fails because of it. */
export interface BrokenDriver {
  readonly fault: string;
  readonly subject: Subject;
  readonly fails: string;
  /** Cases that the same fault fails, too. */
  readonly also?: readonly string[];
  /** What it is tried with, where the fault is in that. */
  readonly options?: ConformanceOptions;
  /** The platform on which alone the fault shows. Default: the simulated host. */
  readonly on?: RealPlatform;
}

/** The name of the host's end of a pair. */
export function pairOf({ endpoint }: AttachTarget): string {
  return `kle${endpoint.id}`;
}

/** An interface that nobody asked for. */
export function strange(name: string): SimulatedInterface {
  return {
    name,
    kind: 'uplink',
    sandbox: '',
    owner: '',
    bridge: '',
    mac: '',
    mtu: 1500,
    addresses: [],
  };
}

/** The same endpoint without the other family. */
export function firstFamily(target: AttachTarget): AttachTarget {
  const { ipv4 } = target.endpoint.addresses;
  if (ipv4 === undefined) return target;
  return { ...target, endpoint: { ...target.endpoint, addresses: { ipv4 } } };
}

/** For what goes on whatever becomes of the call. */
export function onAndOn(): Operation {
  return { signal: new AbortController().signal, claim: () => Promise.resolve() };
}
