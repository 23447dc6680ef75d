/** Addresses of interfaces. */
import { linkLocalOf, subnetOf } from '../address.ts';
import type { AddressWithPrefix } from '../address.ts';
import { Errno } from '../errno.ts';
import type { Machine } from '../machine.ts';
import type { InterfaceAddress, NetworkInterface, Stack } from '../state.ts';
import { ASSUMED } from '../assumptions.ts';

/** Adding an existing address moves it to the end of the list; an IPv6 one stays in place. */
export function addAddress(
  machine: Machine,
  one: NetworkInterface,
  wanted: AddressWithPrefix,
): void {
  if (wanted.family === 'ipv4') addIpv4(one, wanted);
  else addIpv6(machine, one, wanted);
  bringUp(machine, one);
}

function addIpv4(one: NetworkInterface, wanted: AddressWithPrefix): void {
  const others = one.addresses.filter(({ address }) => address !== wanted.address);
  one.addresses = [...others, { ...wanted, ...tableOf(one) }];
}

/** A bridge and an epair have IPv6 disabled until they get an address, which is then not checked for duplicates. */
function addIpv6(machine: Machine, one: NetworkInterface, wanted: AddressWithPrefix): void {
  const there = one.addresses.find(({ address }) => address === wanted.address);
  if (there !== undefined && there.prefix !== wanted.prefix) throw new Errno('EINVAL');
  const unchecked = one.ifDisabled || !hasDad(one);
  one.ifDisabled = false;
  if (there !== undefined) return;
  one.addresses.push({ ...wanted, ...tableOf(one), ...(unchecked ? {} : tentative(machine)) });
}

function tableOf({ fib = 0 }: NetworkInterface): Pick<InterfaceAddress, 'fib'> {
  return fib === 0 ? {} : { fib };
}

/** @throws Errno EADDRNOTAVAIL */
export function removeAddress(stack: Stack, one: NetworkInterface, address: string): void {
  if (!one.addresses.some((held) => held.address === address)) throw new Errno('EADDRNOTAVAIL');
  const owned = hostRouteOwner(stack, address) === one;
  one.addresses = one.addresses.filter((held) => held.address !== address);
  const heir = hostRouteOwner(stack, address);
  if (heir === undefined) delete stack.inherited[address];
  else if (owned) stack.inherited[address] = heir.index;
  stack.routes = stack.routes.filter(
    ({ interface: id, gateway }) => id !== one.id || gateway === '' || reaches(one, gateway),
  );
}

/** The interface with the host route of an address: lo0 comes last. */
export function hostRouteOwner(stack: Stack, address: string): NetworkInterface | undefined {
  const holders = stack.interfaces.filter((one) =>
    one.addresses.some((held) => held.address === address),
  );
  return holders.find(({ name }) => name !== 'lo0') ?? holders[0];
}

/** Whether an address lies in one of the networks of an interface. */
export function reaches(one: NetworkInterface, address: string): boolean {
  return one.addresses.some(
    (held) =>
      held.address.includes(':') === address.includes(':') &&
      subnetOf(held.address, held.prefix) === subnetOf(address, held.prefix),
  );
}

export function bringUp(machine: Machine, one: NetworkInterface): void {
  one.up = true;
  one.started = true;
  addLinkLocal(machine, one);
}

/** The automatic addresses of an interface that is up with IPv6 enabled. */
export function addLinkLocal(machine: Machine, one: NetworkInterface): void {
  if (!one.up || one.ifDisabled || !one.autoLinkLocal) return;
  if (one.kind === 'lo' && one.unit === 0)
    addOwn(one, { family: 'ipv6', address: '::1', prefix: 128 });
  const address = one.kind === 'lo' ? 'fe80::1' : linkLocalOf(one.ether);
  const dad = hasDad(one) ? tentative(machine) : {};
  addOwn(one, { family: 'ipv6', address, prefix: 64, ...dad });
}

function addOwn(one: NetworkInterface, wanted: InterfaceAddress): void {
  const present = one.addresses.some(({ address }) => address === wanted.address);
  if (!present) one.addresses.push({ ...wanted, ...tableOf(one) });
}

function hasDad({ kind, noDad }: NetworkInterface): boolean {
  return kind !== 'lo' && !noDad;
}

function tentative(machine: Machine): { readonly tentativeUntil: number } {
  return { tentativeUntil: machine.now() + ASSUMED.duplicateDetection };
}

export function isLinkLocal(address: string): boolean {
  return /^fe[89ab]/.test(address);
}
