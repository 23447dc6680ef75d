import type { AttachTarget } from '@kleenet/core/driver';
import type { SimulatedInterface } from '@kleenet/core/testing';
import type { ConformanceOptions, Subject } from '../../../src/index.ts';

/** A driver with one fault, and the one case that fails because of it. */
export interface BrokenDriver {
  readonly fault: string;
  readonly subject: Subject;
  readonly fails: string;
  /** Cases that the same fault fails, too. */
  readonly also?: readonly string[];
  /** What it is tried with, where the fault is in that. */
  readonly options?: ConformanceOptions;
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
