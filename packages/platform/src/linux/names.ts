/** Names and MAC addresses of klee's resources on a Linux host. Pure. */
import type { MacAddress, NetworkType } from '@kleenet/core';
import { LEAVING_GROUPS, LINK_GROUP, hostInterface, isMarked } from '@kleenet/core/linux';

/** The group of interfaces that are about to be deleted together. The kernel deletes a group as fast as one interface. */
export function leavingGroup(number: number): string {
  return String(Number(LINK_GROUP) * LEAVING_GROUPS + number);
}

/** What is wrong with the group of an interface with a name of klee's, one sentence each. */
export function linkGroupProblems(name: string, group: string | undefined): readonly string[] {
  if (group === LINK_GROUP) return [];
  return [
    isMarked({ group })
      ? `interface ${name} is in the group ${group}, not ${LINK_GROUP}`
      : `interface ${name} is not klee's`,
  ];
}

/** The default interface name of a network. Fifteen characters, the kernel's maximum. */
export function networkInterface(id: string, _type: NetworkType): string {
  return `kln${id}`;
}

/** The host end of a restricted container's routed link. */
export function containerInterface(containerId: string): string {
  return hostInterface('link', containerId);
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
