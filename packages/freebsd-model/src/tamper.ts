/** Applies changes of a projection to the modelled host. */
import type { SimulatedInterface, SimulatedState } from '@kleenet/core/testing';
import { familyOf, parseWithPrefix } from './address.ts';
import { keepDetails } from './details.ts';
import { isLinkLocal } from './kernel/addresses.ts';
import {
  bridgeOf,
  findInterface,
  addInterface,
  removeInterface,
  removeMember,
} from './kernel/interfaces.ts';
import { findJail, removeJail } from './kernel/jails.ts';
import { routesOf } from './kernel/routes.ts';
import { stackOf } from './machine.ts';
import type { Machine } from './machine.ts';
import type { NetworkInterface } from './state.ts';

/**
 * Supported changes: interfaces with all their fields, removed sandboxes, their addresses and default routes, removed
 * details and rules.
 */
export function applyTampering(
  machine: Machine,
  before: SimulatedState,
  after: SimulatedState,
): void {
  for (const name of Object.keys(before.sandboxes)) {
    if (after.sandboxes[name] === undefined) removeSandbox(machine, name);
  }
  for (const key of Object.keys(before.interfaces)) {
    if (after.interfaces[key] === undefined) removeOne(machine, before.interfaces[key]);
  }
  for (const [key, wanted] of Object.entries(after.interfaces)) {
    const old = before.interfaces[key];
    if (JSON.stringify(old) !== JSON.stringify(wanted)) changeOne(machine, wanted);
  }
  for (const [name, { addresses, defaultRoutes }] of Object.entries(after.sandboxes)) {
    const old = before.sandboxes[name];
    if (old === undefined) throw new TypeError(`a jail cannot be made by tampering: ${name}`);
    const changed = (a: unknown, b: unknown): boolean => JSON.stringify(a) !== JSON.stringify(b);
    if (changed(old.addresses, addresses)) seeAddresses(machine, name, addresses);
    if (changed(old.defaultRoutes, defaultRoutes))
      dropRoutes(machine, name, Object.keys(defaultRoutes));
  }
  if (after.firewall !== before.firewall) dropRules(machine, after.firewall);
}

/** Only removal is possible: of anchors, and of their rules and tables. */
function dropRules({ state: { pf } }: Machine, text: string): void {
  const kept = new Map<string, Set<string>>();
  let last = new Set<string>();
  for (const line of text.split('\n')) {
    const [, name] = /^anchor "(.*)"$/.exec(line) ?? [];
    if (name === undefined) last.add(line.trim());
    else kept.set(name, (last = new Set()));
  }
  for (const [name, anchor] of Object.entries(pf.anchors)) {
    const lines = kept.get(name);
    if (lines === undefined) {
      delete pf.anchors[name];
      continue;
    }
    const stays = (line: string): boolean => lines.has(line);
    anchor.nat = anchor.nat.filter(stays);
    anchor.rules = anchor.rules.filter(stays);
    for (const table of Object.keys(anchor.tables))
      if (![...lines].some((line) => line.startsWith(`table <${table}> `)))
        delete anchor.tables[table];
  }
}

function removeSandbox(machine: Machine, name: string): void {
  const jail = findJail(machine.state, name);
  if (jail !== undefined) removeJail(machine, jail);
}

function stackIdFor({ state }: Machine, sandbox: string): number {
  return sandbox === '' ? 0 : (findJail(state, sandbox)?.jid ?? 0);
}

/** Removing one end of a pair removes the other. */
function removeOne(machine: Machine, old: SimulatedInterface | undefined): void {
  if (old === undefined) return;
  const jid = stackIdFor(machine, old.sandbox);
  const found = findInterface(stackOf(machine.state, jid), old.name);
  if (found !== undefined) removeInterface(machine.state, jid, found);
}

function changeOne(machine: Machine, wanted: SimulatedInterface): void {
  const jid = stackIdFor(machine, wanted.sandbox);
  const stack = stackOf(machine.state, jid);
  const one = findInterface(stack, wanted.name) ?? addForeign(machine, jid, wanted);
  one.mtu = wanted.mtu;
  if (wanted.mac !== '') one.ether = wanted.mac;
  const texts = new Set(wanted.addresses);
  const kept = one.addresses.filter(
    (held) => isLinkLocal(held.address) || texts.delete(`${held.address}/${held.prefix}`),
  );
  one.addresses = [...kept, ...Array.from(texts, parseWithPrefix)];
  moveToBridge(machine, jid, one, wanted.bridge);
  if (wanted.details !== undefined) keepDetails(stack, jid, one, wanted.details);
}

function addForeign(machine: Machine, jid: number, wanted: SimulatedInterface): NetworkInterface {
  const { state } = machine;
  const made = addInterface(state, jid, {
    kind: 'ether',
    unit: state.nextInterface,
    name: wanted.name,
    ether: wanted.mac,
  });
  made.up = true;
  return made;
}

function moveToBridge(machine: Machine, jid: number, one: NetworkInterface, name: string): void {
  const stack = stackOf(machine.state, jid);
  const present = bridgeOf(stack, one.id);
  if ((present?.name ?? '') === name) return;
  if (present !== undefined) removeMember(present, one.id);
  findInterface(stack, name)?.members.push({ id: one.id, private: false });
}

function seeAddresses(machine: Machine, name: string, addresses: readonly string[]): void {
  const jail = findJail(machine.state, name);
  if (jail === undefined) return;
  for (const family of ['ipv4', 'ipv6'] as const) {
    jail.addresses[family] = addresses.filter((address) => familyOf(address) === family);
  }
}

/** Only removal is possible: a gateway is not part of a projection. */
function dropRoutes(machine: Machine, name: string, kept: readonly string[]): void {
  const jail = findJail(machine.state, name);
  if (jail === undefined) return;
  const stack = stackOf(machine.state, jail.jid);
  const gone = routesOf(stack).filter(
    ({ prefix, family }) => prefix === 0 && !kept.includes(family),
  );
  stack.routes = stack.routes.filter(
    (route) =>
      !gone.some(({ destination }) => route.prefix === 0 && route.destination === destination),
  );
}
