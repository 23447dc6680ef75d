/** Names, marks and MAC addresses of klee's resources on a Linux host. Pure. */
import type { MacAddress, NetworkType } from '@kleenet/core';

/**
 * The group number of every interface that klee makes ("kl" in ASCII). The kernel sets it when it creates the
 * interface, so ours never exist without it.
 */
export const LINK_GROUP = '27500';

/** How many groups there are for interfaces that are deleted together: those whose upper half is {@link LINK_GROUP}. */
export const LEAVING_GROUPS = 0x10000;

/** The group of interfaces that are about to be deleted together. The kernel deletes a group as fast as one interface. */
export function leavingGroup(number: number): string {
  return String(Number(LINK_GROUP) * LEAVING_GROUPS + number);
}

/** Whether klee has made an interface of this group. */
export function isGroupOfOurs(group: string | undefined): boolean {
  return group === LINK_GROUP || Math.floor(Number(group) / LEAVING_GROUPS) === Number(LINK_GROUP);
}

/** What is wrong with the group of an interface with a name of klee's, one sentence each. */
export function linkGroupProblems(name: string, group: string | undefined): readonly string[] {
  if (group === LINK_GROUP) return [];
  return [
    isGroupOfOurs(group)
      ? `interface ${name} is in the group ${group}, not ${LINK_GROUP}`
      : `interface ${name} is not klee's`,
  ];
}

/** The protocol number of every route that klee makes; see rt_protos(5) for others. */
export const ROUTE_PROTOCOL = '107';

/** The default interface name of a network. Fifteen characters, the kernel's maximum. */
export function networkInterface(id: string, _type: NetworkType): string {
  return `kln${id}`;
}

/** The host end of a restricted container's routed link. */
export function containerInterface(containerId: string): string {
  return `klc${containerId}`;
}

/** The host end of an endpoint with its own interface. */
export function endpointInterface(endpointId: string): string {
  return `kle${endpointId}`;
}

/** The alias of an interface: names its owner, for people and for `klee system check`. */
export function linkAlias(kind: 'network' | 'container' | 'endpoint', id: string): string {
  return `kleenet:${kind}:${id}`;
}

/** The network namespace and the runtime's name of a container. */
export function sandboxName(containerId: string): string {
  return `klee-${containerId}`;
}

/** First octets of locally administered unicast addresses, one for each use, so that different uses never collide. */
const MAC_PREFIX = { hostEnd: '02', containerEnd: '06', network: '0a' } as const;

/** The fixed MAC address of an object, the same in every run. */
export function macFor(use: keyof typeof MAC_PREFIX, id: string): MacAddress {
  const octets = id.slice(0, 10).match(/../g) ?? [];
  return [MAC_PREFIX[use], ...octets].join(':') as MacAddress;
}
