/** Interfaces that are made by name: lo, bridge, epair and vxlan. */
import { Errno } from '../errno.ts';
import { stackOf } from '../machine.ts';
import type { HostState, InterfaceKind, NetworkInterface } from '../state.ts';
import { addInterface, findInterface, removeInterface, takeId } from './interfaces.ts';

const CLONE = /^(lo|bridge|epair|vxlan)(\d*)[ab]?$/;

/**
 * Makes an interface, and the other end of an epair.
 *
 * @param name - of a cloner, with or without the number
 * @throws Errno EINVAL for no cloner, EEXIST for a number that is taken
 */
export function createClone(state: HostState, jid: number, name: string): NetworkInterface {
  const [, kind, digits] = CLONE.exec(name) ?? [];
  if (kind === undefined) throw new Errno('EINVAL');
  const cloner = kind as Exclude<InterfaceKind, 'ether'>;
  const unit = unitFor(state, jid, cloner, digits === '' ? undefined : Number(digits));
  if (cloner === 'epair') return createPair(state, jid, unit);
  const ether = cloner === 'lo' ? '' : takeEther(state);
  return addInterface(state, jid, { kind: cloner, unit, name: `${cloner}${unit}`, ether });
}

/** IF_MAXUNIT of <net/if.h>. */
const MOST_UNITS = 0x7fff;

/** A cloner counts its existing interfaces, under whatever name and in whatever stack. */
function unitFor(
  state: HostState,
  jid: number,
  kind: InterfaceKind,
  wanted: number | undefined,
): number {
  const taken = new Set(
    Object.values(state.stacks)
      .flatMap(({ interfaces }) => interfaces)
      .filter((one) => one.kind === kind && one.home === jid)
      .map(({ unit }) => unit),
  );
  if (wanted !== undefined) {
    if (wanted > MOST_UNITS) throw new Errno('ENOSPC');
    if (taken.has(wanted)) throw new Errno('EEXIST');
    return wanted;
  }
  let unit = 0;
  while (taken.has(unit)) unit += 1;
  return unit;
}

/** The end `b` joins the groups first, and `a` is listed first. */
function createPair(state: HostState, jid: number, unit: number): NetworkInterface {
  const names = { a: `epair${unit}a`, b: `epair${unit}b` };
  const stack = stackOf(state, jid);
  for (const name of [names.a, names.b]) {
    if (findInterface(stack, name) !== undefined) throw new Errno('EEXIST');
  }
  const ids = { b: takeId(state), a: takeId(state) };
  const ether = `02:${randomOctets(state)}`;
  const common = { kind: 'epair', unit } as const;
  const end = { ...common, id: ids.a, name: names.a, peer: ids.b, ether: `${ether}:0a` };
  const made = addInterface(state, jid, end);
  addInterface(state, jid, {
    ...common,
    id: ids.b,
    name: names.b,
    peer: ids.a,
    ether: `${ether}:0b`,
  });
  return made;
}

/** @throws Errno EINVAL for an interface without a cloner, ENXIO for one made in another stack */
export function destroyClone(state: HostState, jid: number, one: NetworkInterface): void {
  if (one.kind === 'ether' || (one.kind === 'lo' && one.unit === 0)) throw new Errno('EINVAL');
  if (one.home !== jid) throw new Errno('ENXIO');
  removeInterface(state, jid, one);
}

/** A locally administered MAC address for a bridge or the like. */
function takeEther(state: HostState): string {
  return `5a:${randomOctets(state)}:00`;
}

/** Four unique octets; Knuth's multiplicative hash maps each number to another one. */
function randomOctets(state: HostState): string {
  const number = Math.imul(state.nextMac, 0x9e37_79b1) >>> 0;
  state.nextMac += 1;
  const digits = number.toString(16).padStart(8, '0');
  return digits.replace(/..(?=.)/g, '$&:');
}
