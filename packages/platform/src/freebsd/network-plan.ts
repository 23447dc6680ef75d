/** The resources of a network on the host. Pure. */
import { gatewayAddresses } from '@kleenet/core';
import type { Argv, GatewayAddress, IpAddress, Network, KnownResource } from '@kleenet/core';
import { MEMBER_FILTER } from './firewall/members.ts';
import { addAddressArgv, bears, createInterfaceArgv, leaveGroupArgv, upArgv } from './ifconfig.ts';
import type { Interface } from './ifconfig.ts';
import { mark } from './names.ts';
import type { Sysctl } from './sysctl.ts';

/** The default group of every interface of type `lo`. */
const LOOPBACK_GROUP = 'lo';

export function networkResources(network: Network): readonly KnownResource[] {
  return network.type === 'custom' ? [] : [{ kind: 'interface', name: network.interface }];
}

export function markOf({ id }: Network): string {
  return mark('network', id);
}

/** Makes the interface, with its mark. */
export function createArgv({ id, type, interface: name, mtu }: Network): Argv {
  return createInterfaceArgv(type === 'bridge' ? 'bridge' : 'lo', {
    name,
    description: mark('network', id),
    ...(mtu === undefined ? {} : { mtu }),
  });
}

/**
 * Removes a loopback interface from the group of lo0: `set skip on lo`, common in pf.conf, would exempt its containers
 * from every rule.
 */
export function ungroupArgv(network: Network, there: Interface | undefined): Argv | undefined {
  if (network.type !== 'loopback') return undefined;
  if (there !== undefined && !there.groups.includes(LOOPBACK_GROUP)) return undefined;
  return leaveGroupArgv(network.interface, LOOPBACK_GROUP);
}

/** The missing settings of an existing interface, or of a new one (undefined). */
export function assertArgvs(network: Network, there: Interface | undefined): readonly Argv[] {
  const { interface: name, mtu } = network;
  const resize = there !== undefined && mtu !== undefined && there.mtu !== mtu;
  return [
    ...(resize ? [['ifconfig', name, 'mtu', String(mtu)] as const] : []),
    ...unusableGateways(network, there).map((gateway) =>
      addAddressArgv(name, { ...gateway, atOnce: true }),
    ),
    ...(there?.flags.includes('UP') === true ? [] : [upArgv(name)]),
  ];
}

function missingGateways(
  network: Network,
  there: Interface | undefined,
): readonly GatewayAddress[] {
  return ownGateways(network).filter(
    ({ address, prefix }) =>
      there?.addresses.some((held) => held.address === address && held.prefix === prefix) !== true,
  );
}

/** The missing addresses, and all IPv6 ones on an interface with IPv6 disabled: adding one again enables it. */
function unusableGateways(
  network: Network,
  there: Interface | undefined,
): readonly GatewayAddress[] {
  const missing = missingGateways(network, there);
  if (!isDeaf(network, there)) return missing;
  return ownGateways(network).filter(
    ({ address }) =>
      address.includes(':') || missing.some((gateway) => gateway.address === address),
  );
}

/** Whether IPv6 is disabled although the network has an IPv6 gateway. */
function isDeaf(network: Network, there: Interface | undefined): boolean {
  return (
    there?.nd6.includes('IFDISABLED') === true &&
    ownGateways(network).some(({ address }) => address.includes(':'))
  );
}

/** The interface of a custom network is the user's. */
function ownGateways(network: Network): readonly GatewayAddress[] {
  return network.type === 'custom' ? [] : gatewayAddresses(network);
}

/** A gateway of the network that another interface of the host has: both would answer for it. */
export function gatewayElsewhere(
  network: Network,
  interfaces: readonly Interface[],
): { readonly address: IpAddress; readonly interface: string } | undefined {
  const wanted = new Set(ownGateways(network).map(({ address }) => address));
  return interfaces
    .filter(({ name }) => name !== network.interface)
    .flatMap(({ name, addresses }) =>
      addresses
        .filter(({ address }) => wanted.has(address))
        .map(({ address }) => ({ address, interface: name })),
    )[0];
}

/**
 * Settings of the host that let packets pass between a bridge and the outside. Containers on other types of network
 * share the host's stack, and need no forwarding.
 */
function forwardingSysctls({ type, internal, pools }: Network): readonly Sysctl[] {
  if (type !== 'bridge' || internal) return [];
  return [
    ...(pools.ipv4 === undefined ? [] : [{ name: 'net.inet.ip.forwarding', value: '1' }]),
    ...(pools.ipv6 === undefined ? [] : [{ name: 'net.inet6.ip6.forwarding', value: '1' }]),
  ];
}

/** The kernel settings that a network requires. */
export function networkSysctls(network: Network): readonly Sysctl[] {
  return [...(network.type === 'bridge' ? MEMBER_FILTER : []), ...forwardingSysctls(network)];
}

/** A forwarding host ignores router advertisements, unless this is set (inet6(4)). */
export const KEEP_ADVERTISED: Sysctl = { name: 'net.inet6.ip6.rfc6204w3', value: '1' };

/** Whether the host gets its IPv6 default route from router advertisements. */
export function takesAdvertisements(interfaces: readonly Interface[]): boolean {
  return interfaces.some(({ nd6 }) => nd6.includes('ACCEPT_RTADV'));
}

/** Interfaces that bear the mark of a network, by whatever name. */
export function interfacesOf(network: Network, interfaces: readonly Interface[]): Interface[] {
  return interfaces.filter((found) => bears(found, markOf(network)));
}

/** Differences between the network's requirements and the host, one sentence each. */
export function networkProblems(
  network: Network,
  interfaces: readonly Interface[],
): readonly string[] {
  const name = network.interface;
  const there = interfaces.find((found) => found.name === name);
  if (there === undefined) return [`interface ${name} is missing`];
  if (network.type !== 'custom' && !bears(there, markOf(network)))
    return [`interface ${name} is not klee's`];
  const elsewhere = gatewayElsewhere(network, interfaces);
  return [
    ...(there.flags.includes('UP') ? [] : [`interface ${name} is down`]),
    ...missingGateways(network, there).map(
      ({ address }) => `interface ${name} lacks the gateway address ${address}`,
    ),
    ...(isDeaf(network, there) && missingGateways(network, there).length === 0
      ? [`IPv6 is turned off on interface ${name}`]
      : []),
    ...(elsewhere === undefined
      ? []
      : [`the gateway address ${elsewhere.address} is on ${elsewhere.interface}, too`]),
    ...(network.type === 'custom' || network.mtu === undefined || network.mtu === there.mtu
      ? []
      : [`interface ${name} has the MTU ${there.mtu}, not ${network.mtu}`]),
    ...(ungroupArgv(network, there) === undefined
      ? []
      : [
          `interface ${name} is in the group ${LOOPBACK_GROUP}, which pf rules for lo0 may mean as well`,
        ]),
  ];
}
