/** Jails: made, changed, removed, dying and gone. */
import type { Family } from '@kleenet/core';
import { familyOf, toNumber } from '../address.ts';
import type { Machine } from '../machine.ts';
import { stackOf } from '../machine.ts';
import type { HostState, Jail } from '../state.ts';
import { emptyStack } from '../state.ts';
import { signalProcesses } from './processes.ts';
import { addInterface, moveInterface, removeInterface } from './interfaces.ts';

/** The text that jail(8) prints after `jail: `. */
export class JailRefusal extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'JailRefusal';
  }
}

/** The first cpuset of a jail: earlier ones belong to the system. */
const FIRST_CPUSET = 3;

export type NewJail = Pick<
  Jail,
  'name' | 'path' | 'vnet' | 'modes' | 'addresses' | 'parameters'
> & {
  /** Default: the next one. */
  readonly jid?: number;
};

/** @throws JailRefusal */
export function createJail(machine: Machine, wanted: NewJail): Jail {
  const { state } = machine;
  for (const family of ['ipv4', 'ipv6'] as const) refuseDoubles(wanted.addresses[family]);
  const jid = wanted.jid ?? nextJid(state);
  if (/^[0-9]+$/.test(wanted.name) && Number(wanted.name) !== jid) {
    throw new JailRefusal('name cannot be numeric (unless it is the jid)');
  }
  if (wanted.jid === undefined) state.lastJid = jid;
  for (const family of ['ipv4', 'ipv6'] as const)
    refuseClash(state, jid, family, wanted.addresses[family]);
  const jail: Jail = {
    ...wanted,
    jid,
    name: wanted.name === '' ? String(jid) : wanted.name,
    cpuset: nextCpuset(state),
    lingersUntil: 0,
    dying: false,
  };
  state.jails.push(jail);
  state.jails.sort((a, b) => a.jid - b.jid);
  if (jail.vnet) {
    state.stacks[jid] = emptyStack();
    addInterface(state, jid, { kind: 'lo', unit: 0, name: 'lo0' });
  }
  return jail;
}

function nextJid(state: HostState): number {
  let jid = state.lastJid + 1;
  while (state.jails.some((jail) => jail.jid === jid)) jid += 1;
  return jid;
}

function nextCpuset(state: HostState): number {
  const taken = new Set(state.jails.map(({ cpuset }) => cpuset));
  let cpuset = FIRST_CPUSET;
  while (taken.has(cpuset)) cpuset += 1;
  return cpuset;
}

/** Replaces a whole list of addresses. The first stays first; the rest is sorted. @throws JailRefusal */
export function setAddresses(
  state: HostState,
  jail: Jail,
  family: Family,
  addresses: readonly string[],
): void {
  refuseDoubles(addresses);
  refuseClash(state, jail.jid, family, addresses);
  jail.addresses[family] = [...addresses];
}

/** jail_set(2) sorts all addresses but the first before it checks them. */
export function sortedAddresses(addresses: readonly string[]): string[] {
  const [first, ...rest] = addresses;
  if (first === undefined) return [];
  return [first, ...rest.toSorted((a, b) => (toNumber(a) < toNumber(b) ? -1 : 1))];
}

function refuseDoubles(addresses: readonly string[]): void {
  if (new Set(addresses).size < addresses.length)
    throw new JailRefusal('jail_set: Invalid argument');
}

/** Jails may share an address if it is the only one of each. */
function refuseClash(
  state: HostState,
  jid: number,
  family: Family,
  addresses: readonly string[],
): void {
  const clashing = state.jails.find((other) => {
    const held = other.addresses[family];
    if (other.jid === jid || other.dying || other.vnet) return false;
    if (held.length <= 1 && addresses.length <= 1) return false;
    return held.some((address) => addresses.includes(address));
  });
  if (clashing === undefined) return;
  throw new JailRefusal(`${family === 'ipv4' ? 'IPv4' : 'IPv6'} addresses clash`);
}

/** By name or number; prefers one that is not dying. */
export function findJail(state: HostState, text: string): Jail | undefined {
  const named = state.jails.filter(({ jid, name }) =>
    /^[0-9]+$/.test(text) ? jid === Number(text) : name === text,
  );
  return named.find(({ dying }) => !dying) ?? named[0];
}

/** libjail's message for a missing jail. */
export function notFound(text: string): string {
  return `jail ${quoted(text)} not found`;
}

export function isDying(text: string): string {
  return `jail ${quoted(text)} is dying`;
}

function quoted(text: string): string {
  return /^[0-9]+$/.test(text) ? text : `"${text}"`;
}

/** Ends its processes. A held jail becomes a dying one; otherwise it is gone immediately. */
export function removeJail(machine: Machine, jail: Jail): void {
  const { state } = machine;
  signalProcesses(
    machine,
    state.processes.filter(({ jid }) => jid === jail.jid),
    'KILL',
  );
  if (state.dyingTime > 0)
    jail.lingersUntil = Math.max(jail.lingersUntil, machine.now() + state.dyingTime);
  if (jail.lingersUntil > machine.now()) jail.dying = true;
  else forget(state, jail);
}

/** Releases jails that are no longer held. */
export function settleJails(machine: Machine): void {
  for (const jail of machine.state.jails.filter(({ dying }) => dying)) {
    if (jail.lingersUntil <= machine.now()) forget(machine.state, jail);
  }
}

/** Interfaces from the host return there; those made inside disappear with the jail. */
function forget(state: HostState, jail: Jail): void {
  state.jails = state.jails.filter((other) => other !== jail);
  if (!jail.vnet) return;
  for (const one of stackOf(state, jail.jid).interfaces) {
    if (one.home === jail.jid) removeInterface(state, jail.jid, one);
    else moveInterface(state, one, jail.jid, one.home);
  }
  delete state.stacks[jail.jid];
}

/** Whether a process in this jail may use an address of the stack that it is in. */
export function sees(jail: Jail | undefined, address: string): boolean {
  if (jail === undefined || jail.vnet) return true;
  const family = familyOf(address);
  return jail.modes[family] === 'inherit' || jail.addresses[family].includes(address);
}

/** Whether it has sockets of this family at all. */
export function hasFamily(jail: Jail | undefined, family: Family): boolean {
  if (jail === undefined || jail.vnet) return true;
  return jail.modes[family] === 'inherit' || jail.addresses[family].length > 0;
}
