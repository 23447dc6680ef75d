/** What an endpoint needs on FreeBSD, as commands. Pure. */
import { FAMILIES, defaultRoutes, heldAddresses } from '@kleenet/core/driver';
import type {
  Argv,
  AttachTarget,
  Connection,
  Endpoint,
  Family,
  IpAddress,
  KnownResource,
} from '@kleenet/core/driver';
import { GROUP, mark } from '@kleenet/core/freebsd';
import type { Interface } from './freebsd-ifconfig.ts';
import { tableOf } from './options.ts';

/** Both ends of an epair. */
export interface Pair {
  /** On the host. */
  readonly outside: string;
  /** In the jail, where it gets another name. */
  readonly inside: string;
}

function pairOf(unit: number): Pair {
  return { outside: `epair${unit}a`, inside: `epair${unit}b` };
}

/** The kernel allows 32767; the lower ones are left to those who do not say which they want. */
const FIRST_UNIT = 1000;
const UNITS = 30_000;
const ATTEMPTS = 100;

/** The epairs to try, in order: others have some, too. */
export function candidates({ endpoint }: AttachTarget): readonly Pair[] {
  const first = Number.parseInt(endpoint.id, 16) % UNITS;
  return Array.from({ length: ATTEMPTS }, (_, index) =>
    pairOf(FIRST_UNIT + ((first + index) % UNITS)),
  );
}

/** Both ends, because the inner one is on the host until it is moved. */
export function claimOf({ outside, inside }: Pair): KnownResource {
  return { kind: 'interface', name: outside, peer: inside };
}

/** The interfaces of the host that bear the mark of an endpoint. */
export function interfacesOf(
  { id }: Endpoint,
  interfaces: readonly Interface[],
): readonly Interface[] {
  return interfaces.filter(
    ({ groups, description }) => groups.includes(GROUP) && description === mark('endpoint', id),
  );
}

/** The epair of an earlier attach. */
export function existingPair(
  { endpoint }: AttachTarget,
  interfaces: readonly Interface[],
): Pair | undefined {
  return interfacesOf(endpoint, interfaces).flatMap(({ name }) => {
    const unit = /^epair(\d+)a$/.exec(name)?.[1];
    return unit === undefined ? [] : [pairOf(Number(unit))];
  })[0];
}

export const DEFAULT_MTU = 1500;

/** In bytes: a bridge takes only members with its own. */
export function mtuOf({ network }: AttachTarget, interfaces: readonly Interface[]): number {
  return interfaces.find(({ name }) => name === network.interface)?.mtu ?? DEFAULT_MTU;
}

/** Marked from the beginning; fails if the number is taken. */
export function createArgv({ endpoint }: AttachTarget, { outside }: Pair, mtu: number): Argv {
  const epair = outside.slice(0, -1);
  const marks = ['group', GROUP, 'description', mark('endpoint', endpoint.id)];
  return ['ifconfig', epair, 'create', ...marks, 'mtu', String(mtu)];
}

/**
 * The host's end, until it forwards. Private members do not hear each other. The bridge learns where the MAC address is, so that no
 * other member can claim it. The host itself takes no part in IPv6 there: a container could send it advertisements.
 */
export function outsideArgvs(
  target: AttachTarget,
  { outside }: Pair,
  interfaces: readonly Interface[],
): readonly Argv[] {
  const { endpoint, network } = target;
  const here = interfaces.find(({ name }) => name === outside);
  const mtu = mtuOf(target, interfaces);
  const bridge = interfaces.find(({ name }) => name === network.interface);
  const fib = tableOf(network) ?? 0;
  const isMember = bridge?.members.some(({ name }) => name === outside) === true;
  const hasIpv6 = interfaces.some(({ nd6 }) => nd6 !== undefined);
  return [
    ...(here === undefined || here.mtu === mtu ? [] : [words(`ifconfig ${outside} mtu ${mtu}`)]),
    // The routing table of what the container sends: the kernel asks the member that receives it, not the bridge.
    ...((here?.fib ?? 0) === fib ? [] : [words(`ifconfig ${outside} fib ${fib}`)]),
    [
      ...words(`ifconfig ${network.interface}`),
      ...(isMember ? [] : ['addm', outside]),
      network.icc ? '-private' : 'private',
      outside,
      ...(endpoint.mac === undefined ? [] : ['static', outside, endpoint.mac]),
    ],
    words(
      hasIpv6
        ? `ifconfig ${outside} inet6 -accept_rtadv -auto_linklocal ifdisabled up`
        : `ifconfig ${outside} up`,
    ),
  ];
}

/** While the inner end is on the host. */
export function moveArgvs(target: AttachTarget, { inside }: Pair, mtu: number): readonly Argv[] {
  return [linkArgv(target, inside, mtu), words(`ifconfig ${inside} vnet ${target.sandbox.name}`)];
}

export function linkArgv({ endpoint }: AttachTarget, name: string, mtu: number): Argv {
  const ether = endpoint.mac === undefined ? '' : ` ether ${endpoint.mac}`;
  return words(`ifconfig ${name}${ether} mtu ${mtu}`);
}

/** In the jail. Core knows that nothing else of klee's has the addresses: hence `no_dad`. */
export function addressArgvs(target: AttachTarget): readonly Argv[] {
  const { interface: name } = target.endpoint;
  return [
    ...heldAddresses(target).map(({ address, prefix, family }) =>
      words(
        family === 'ipv4'
          ? `ifconfig ${name} inet ${address}/${prefix} alias`
          : `ifconfig ${name} inet6 ${address}/${prefix} alias no_dad -ifdisabled`,
      ),
    ),
    words(`ifconfig ${name} up`),
  ];
}

export function defaultRouteArgv(
  verb: 'add' | 'change' | 'get',
  family: Family,
  gateway?: IpAddress,
): Argv {
  const version = family === 'ipv6' ? ' -inet6' : '';
  return words(`route -n ${verb}${version} default${gateway === undefined ? '' : ` ${gateway}`}`);
}

/** The other endpoints of the container that are attached, as far as the host knows. */
export function attachedSiblings(
  { siblings }: AttachTarget,
  interfaces: readonly Interface[],
): readonly Connection[] {
  return siblings.filter(
    ({ attached, endpoint }) => attached && interfacesOf(endpoint, interfaces).length > 0,
  );
}

/** A jail has one default route for each family. Those of this endpoint, which comes first there. */
export function ownRoutes(
  target: AttachTarget,
  siblings: readonly Connection[],
): readonly { readonly family: Family; readonly gateway: IpAddress }[] {
  const routes = defaultRoutes([...siblings, target]);
  return FAMILIES.flatMap((family) => {
    const route = routes[family];
    if (route === undefined || route.endpoint.id !== target.endpoint.id) return [];
    return [{ family, gateway: route.gateway }];
  });
}

/** Those that other endpoints get when this one goes. */
export function inheritedRoutes(
  target: AttachTarget,
  siblings: readonly Connection[],
): ReturnType<typeof ownRoutes> {
  const next = defaultRoutes(siblings);
  return ownRoutes(target, siblings).flatMap(({ family }) => {
    const route = next[family];
    return route === undefined ? [] : [{ family, gateway: route.gateway }];
  });
}

/** Names of interfaces and jails have no spaces in them, nor have addresses. */
export function words(command: string): Argv {
  const [program = '', ...rest] = command.split(' ');
  return [program, ...rest];
}
