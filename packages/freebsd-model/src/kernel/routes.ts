/** The routing table of a stack: routes derived from its addresses, and added ones. */
import type { Family } from '@kleenet/core';
import { ADDRESS_BITS, familyOf, subnetOf, toNumber } from '../address.ts';
import { Errno } from '../errno.ts';
import type { InterfaceAddress, NetworkInterface, Stack } from '../state.ts';
import { hostRouteOwner, isLinkLocal, reaches } from './addresses.ts';
import { findInterface } from './interfaces.ts';

export interface Route {
  readonly family: Family;
  readonly destination: string;
  readonly prefix: number;
  /** The gateway's address, or `link#N`. */
  readonly gateway: string;
  /** As netstat(1) abbreviates them. */
  readonly flags: string;
  /** The interface that it leaves by. */
  readonly netif: string;
  /** For a link-local destination: its scope interface. */
  readonly zone?: string;
}

/** How many routing tables there are. */
export function tablesOf({ sysctls }: Stack): number {
  return Number(sysctls['net.fibs'] ?? 1);
}

/** All routes of a table, in netstat's order. */
export function routesOf(stack: Stack, fib: number = 0): readonly Route[] {
  const connected = stack.interfaces
    .filter(({ up }) => up)
    .flatMap((one) => connectedBy(stack, one, fib));
  const added = stack.routes
    .filter((route) => (route.fib ?? 0) === fib)
    .map(({ destination, prefix, gateway, interface: id }): Route => {
      const family = familyOf(destination);
      const host = prefix === ADDRESS_BITS[family] ? 'H' : '';
      const one = stack.interfaces.find((other) => other.id === id);
      const common = { family, destination, prefix, netif: one?.name ?? '' };
      return gateway === ''
        ? { ...common, gateway: `link#${one?.index ?? 0}`, flags: `U${host}S` }
        : { ...common, gateway, flags: `UG${host}S` };
    });
  return distinct([...added, ...connected]).toSorted((a, b) => order(stack, a, b));
}

function connectedBy(stack: Stack, one: NetworkInterface, fib: number): Route[] {
  const inTable = one.addresses.filter((held) => (held.fib ?? 0) === fib);
  return inTable.flatMap((held) => {
    const host = hostRoute(stack, one, held);
    const network = networkRoute(one, held);
    return [...(network === undefined ? [] : [network]), ...(host === undefined ? [] : [host])];
  });
}

/** To an address of the host itself. Of several interfaces that have it, one has the route. */
function hostRoute(stack: Stack, one: NetworkInterface, held: InterfaceAddress): Route | undefined {
  const { family, address, prefix } = held;
  const zone = isLinkLocal(address) ? { zone: one.name } : {};
  const common = { family, destination: address, prefix: ADDRESS_BITS[family], ...zone };
  if (family === 'ipv6')
    return { ...common, gateway: `link#${one.index}`, flags: 'UHS', netif: 'lo0' };
  if (hostRouteOwner(stack, address) !== one) return undefined;
  const heir = stack.inherited[address];
  if (heir !== undefined) return { ...common, gateway: `link#${heir}`, flags: 'UH', netif: 'lo0' };
  const gateway = `link#${one.index}`;
  if (one.kind === 'lo') return { ...common, gateway, flags: 'UH', netif: one.name };
  return { ...common, gateway, flags: prefix === 32 ? 'UH' : 'UHS', netif: 'lo0' };
}

/** To the network that an address is in. */
function networkRoute(
  one: NetworkInterface,
  { family, address, prefix }: InterfaceAddress,
): Route | undefined {
  if (prefix === ADDRESS_BITS[family] || (family === 'ipv4' && one.kind === 'lo')) return undefined;
  const destination = subnetOf(address, prefix);
  const zone = isLinkLocal(address) ? { zone: one.name } : {};
  return {
    family,
    destination,
    prefix,
    gateway: `link#${one.index}`,
    flags: 'U',
    netif: one.name,
    ...zone,
  };
}

/** The first route to each destination: a second interface in the same network gets none. */
function distinct(routes: readonly Route[]): Route[] {
  const seen = new Set<string>();
  return routes.filter(({ destination, prefix, zone = '' }) => {
    const key = `${destination}/${prefix}%${zone}`;
    return !seen.has(key) && seen.add(key);
  });
}

function order(stack: Stack, a: Route, b: Route): number {
  if (a.family !== b.family) return a.family === 'ipv4' ? -1 : 1;
  const [first, second] = [sortNumber(stack, a), sortNumber(stack, b)];
  if (first !== second) return first < second ? -1 : 1;
  return a.prefix - b.prefix;
}

/** The kernel keeps the interface of a link-local address in its second group. */
function sortNumber(stack: Stack, { destination, zone }: Route): bigint {
  const index = stack.interfaces.find(({ name }) => name === zone)?.index ?? 0;
  return toNumber(destination) | (BigInt(index) << 96n);
}

/** Where an added route leads: by a gateway, or to the link of an interface. */
export type Hop = { readonly gateway: string } | { readonly link: string };

/** @throws Errno EEXIST, ENETUNREACH */
export function addRoute(stack: Stack, { destination, prefix, fib = 0 }: RouteKey, hop: Hop): void {
  if (findRoute(stack, { destination, prefix, fib }) !== undefined) throw new Errno('EEXIST');
  const via = 'link' in hop ? findInterface(stack, hop.link) : wayTo(stack, hop.gateway, fib);
  if (via === undefined) throw new Errno('ENETUNREACH');
  const gateway = 'link' in hop ? '' : hop.gateway;
  const table = fib === 0 ? {} : { fib };
  stack.routes.push({ destination, prefix, gateway, interface: via.id, ...table });
}

/** By an interface of the table, or a route in it: an interface of another table does not count. */
function wayTo(stack: Stack, gateway: string, fib: number): NetworkInterface | undefined {
  const near = stack.interfaces.find(
    (one) => one.up && (one.fib ?? 0) === fib && reaches(one, gateway),
  );
  if (near !== undefined) return near;
  const route = fib === 0 ? undefined : lookUp(stack, gateway, fib);
  return route?.gateway.startsWith('link#') === true
    ? stack.interfaces.find(({ name }) => name === route.netif)
    : undefined;
}

/** What tells a route from others. */
export interface RouteKey {
  readonly destination: string;
  readonly prefix: number;
  /** Its table. Default 0. */
  readonly fib?: number;
}

/** @throws Errno ENOENT */
export function deleteRoute(stack: Stack, { destination, prefix, fib = 0 }: RouteKey): void {
  const kept = stack.routes.filter(
    (route) =>
      route.destination !== destination || route.prefix !== prefix || (route.fib ?? 0) !== fib,
  );
  if (kept.length === stack.routes.length) throw new Errno('ENOENT');
  stack.routes = kept;
}

function findRoute(stack: Stack, { destination, prefix, fib = 0 }: RouteKey): Route | undefined {
  return routesOf(stack, fib).find(
    (route) => route.destination === destination && route.prefix === prefix,
  );
}

/** The route that a packet to this address takes, by a table. */
export function lookUp(stack: Stack, address: string, fib: number = 0): Route | undefined {
  return routesOf(stack, fib)
    .filter(
      ({ family, destination, prefix }) =>
        family === familyOf(address) && subnetOf(address, prefix) === destination,
    )
    .toSorted((a, b) => b.prefix - a.prefix)[0];
}
