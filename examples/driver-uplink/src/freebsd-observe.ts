/** Compares a host and a jail with what attach makes there. */
import { FAMILIES, heldAddresses } from '@kleenet/core/driver';
import type { AttachTarget, Family } from '@kleenet/core/driver';
import type { FreebsdHost } from './freebsd-host.ts';
import { parseInterfaces, parseRoute, parseStaticAddresses } from './freebsd-ifconfig.ts';
import type { Interface } from './freebsd-ifconfig.ts';
import {
  attachedSiblings,
  defaultRouteArgv,
  existingPair,
  mtuOf,
  ownRoutes,
  words,
} from './freebsd-plan.ts';
import { tableOf } from './options.ts';

/** What was read. */
export interface Found {
  readonly interfaces: readonly Interface[];
  /** The static entries of the network's bridge. */
  readonly told?: readonly (readonly [ether: string, member: string])[];
  /** The interface in the jail, which tells it itself: it can hide a difference, nothing more. */
  readonly inside?: Interface | undefined;
  readonly routes?: Readonly<Partial<Record<Family, ReturnType<typeof parseRoute>>>>;
}

export async function lookAt(
  host: FreebsdHost,
  { endpoint, network, sandbox }: AttachTarget,
  interfaces: readonly Interface[],
): Promise<Found> {
  const jail = sandbox.name;
  const [told, inside, ...routes] = await Promise.all([
    host.read(words(`ifconfig ${network.interface} addr`)),
    host.read(words(`ifconfig ${endpoint.interface}`), { jail }),
    ...FAMILIES.map((family) => host.read(defaultRouteArgv('get', family), { jail })),
  ]);
  return {
    interfaces,
    told: parseStaticAddresses(told ?? ''),
    inside: parseInterfaces(inside ?? '')[0],
    routes: Object.fromEntries(
      FAMILIES.map((family, index) => [family, parseRoute(routes[index] ?? '')]),
    ),
  };
}

/** One sentence for each difference. Pure. */
export function problems(target: AttachTarget, found: Found): readonly string[] {
  const { container, endpoint } = target;
  const pair = existingPair(target, found.interfaces);
  const outside = found.interfaces.find(({ name }) => name === pair?.outside);
  const isHere = found.interfaces.some(({ name }) => name === pair?.inside);
  if (outside === undefined || isHere || found.inside === undefined)
    return [`container '${container.name}' has no interface ${endpoint.interface}`];
  return [
    ...outsideProblems(target, outside, found),
    ...insideProblems(target, found.inside, found),
    ...routeProblems(target, found),
  ];
}

function outsideProblems(
  target: AttachTarget,
  outside: Interface,
  { interfaces, told = [] }: Found,
): readonly string[] {
  const { endpoint, network } = target;
  const { name, nd6 } = outside;
  const fib = tableOf(network) ?? 0;
  const members = interfaces.find((one) => one.name === network.interface)?.members ?? [];
  const member = members.find((one) => one.name === name);
  const isPrivate = member?.flags.includes('PRIVATE') === true;
  const isTold = told.some(([ether, other]) => ether === endpoint.mac && other === name);
  return [
    ...upProblems(outside),
    ...mtuProblems(target, outside, interfaces),
    ...(outside.fib === fib ? [] : [`${name} leads to FIB ${outside.fib}, not to ${fib}`]),
    ...(nd6 === undefined || (nd6.includes('IFDISABLED') && !nd6.includes('ACCEPT_RTADV'))
      ? []
      : [`${name} takes part in IPv6 for the host`]),
    ...(member === undefined ? [`${name} is not a member of the bridge ${network.interface}`] : []),
    ...(member !== undefined && isPrivate === network.icc
      ? [`${name} ${network.icc ? 'does not reach' : 'reaches'} the other members of its bridge`]
      : []),
    ...(endpoint.mac === undefined || isTold
      ? []
      : [`the bridge ${network.interface} does not know that ${endpoint.mac} is behind ${name}`]),
  ];
}

function insideProblems(
  target: AttachTarget,
  inside: Interface,
  { interfaces }: Found,
): readonly string[] {
  const { container, endpoint } = target;
  const who = `container '${container.name}'`;
  return [
    ...upProblems(inside),
    ...mtuProblems(target, inside, interfaces),
    ...(endpoint.mac === undefined || inside.ether === endpoint.mac
      ? []
      : [`${who} has the MAC address ${inside.ether}, not ${endpoint.mac}`]),
    ...heldAddresses(target)
      .filter(
        ({ address, prefix }) =>
          !inside.addresses.some((held) => held.address === address && held.prefix === prefix),
      )
      .map(({ address, prefix }) => `${who} lacks its address ${address}/${prefix}`),
  ];
}

function routeProblems(
  target: AttachTarget,
  { interfaces, routes = {} }: Found,
): readonly string[] {
  const { container, endpoint } = target;
  return ownRoutes(target, attachedSiblings(target, interfaces))
    .filter(({ family, gateway }) => {
      const route = routes[family];
      return route?.gateway !== gateway || route.interface !== endpoint.interface;
    })
    .map(({ gateway }) => `container '${container.name}' lacks its default route by ${gateway}`);
}

function upProblems({ name, flags }: Interface): readonly string[] {
  return flags.includes('UP') ? [] : [`interface ${name} is down`];
}

function mtuProblems(
  target: AttachTarget,
  { name, mtu }: Interface,
  interfaces: readonly Interface[],
): readonly string[] {
  const wanted = mtuOf(target, interfaces);
  return mtu === wanted ? [] : [`the MTU of ${name} is ${mtu}, not ${wanted}`];
}
