/** Typed wrapper around netstat(1): the routes of the host. */
import { contains, containsCidr, inFamilyOrder, prefixLength, parseObject } from '@kleenet/core';
import type { CommandRunner, HostAddress, HostRoute, IpAddress, Network } from '@kleenet/core';
import { asCidr } from '../network/destination.ts';
import { read } from './run.ts';

/** A route, as netstat prints it. */
export interface Route {
  /** An address, a subnet, or `default`. */
  readonly destination: string;
  readonly gateway: string;
  /** One letter each, as in netstat(1). */
  readonly flags: string;
  readonly interface: string;
}

/** All routes of the host, of both families. */
export async function readRoutes(
  commands: CommandRunner,
  options: { readonly signal?: AbortSignal } = {},
): Promise<readonly Route[]> {
  const { stdout } = await read(commands, ['netstat', '--libxo', 'json', '-rnW'], options);
  return parseRoutes(stdout);
}

interface PrintedRoutes {
  readonly statistics?: {
    readonly 'route-information'?: {
      readonly 'route-table'?: {
        readonly 'rt-family'?: readonly { readonly 'rt-entry'?: readonly PrintedRoute[] }[];
      };
    };
  };
}

interface PrintedRoute {
  readonly destination: string;
  readonly gateway: string;
  readonly flags: string;
  readonly 'interface-name': string;
}

/** The routes in the output of `netstat --libxo json -rnW`: without W, interface names are cut at eight characters. */
export function parseRoutes(text: string): readonly Route[] {
  const printed = parseObject<PrintedRoutes>('netstat', text);
  const families = printed.statistics?.['route-information']?.['route-table']?.['rt-family'] ?? [];
  return families
    .flatMap((family) => family['rt-entry'] ?? [])
    .map((route) => ({
      destination: route.destination,
      gateway: route.gateway,
      flags: route.flags,
      interface: route['interface-name'],
    }));
}

/** Unreachable (`R`, `B`), like the routes that FreeBSD sets for reserved IPv6 subnets. */
const NOWHERE = /[RB]/;

/** Link-local and multicast: every interface has these, and they conflict with no network. */
const EVERYWHERE = /%|^fe[89ab][0-9a-f]:|^ff[0-9a-f]{2}:|^2(?:2[4-9]|3[0-9])\./i;

/** The routes for core: reachable ones, without default routes and those to the host's own addresses. */
export function hostRoutes(
  routes: readonly Route[],
  addresses: readonly HostAddress[],
): readonly HostRoute[] {
  const own = new Set<string>(addresses.map(({ address }) => address));
  return routes.flatMap(({ destination, flags, interface: name }) => {
    if (!/^[0-9a-f.:]+(?:\/\d+)?$/i.test(destination) || EVERYWHERE.test(destination)) return [];
    if (NOWHERE.test(flags) || own.has(destination)) return [];
    return [{ destination: asCidr(destination), interface: name }];
  });
}

/**
 * Obstacles between the host and addresses of containers, one sentence each: a more specific route that leads
 * elsewhere. An address of the host itself is reachable, and so is one whose longest match is the network's route.
 */
export function hiddenAddresses(
  { routes, own }: { readonly routes: readonly Route[]; readonly own: readonly HostAddress[] },
  { pools, interface: name }: Pick<Network, 'pools' | 'interface'>,
  addresses: readonly IpAddress[],
): readonly string[] {
  const subnets = inFamilyOrder(pools).map(({ subnet }) => subnet);
  const known = hostRoutes(routes, own).filter(({ destination }) =>
    subnets.some((subnet) => containsCidr(subnet, destination)),
  );
  const held = new Set(own.map(({ address }) => address));
  return addresses.flatMap((address) => {
    if (held.has(address)) return [];
    const [longest] = known
      .filter(({ destination }) => contains(destination, address))
      .toSorted((a, b) => prefixLength(b.destination) - prefixLength(a.destination));
    if (longest === undefined || longest.interface === name) return [];
    return [
      `packets to ${address} leave by ${longest.interface}: the host's route to ${longest.destination} hides the container`,
    ];
  });
}
