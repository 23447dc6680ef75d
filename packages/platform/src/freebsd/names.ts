/** Names and marks of klee's resources on a FreeBSD host. Pure. */
import type { NetworkType } from '@kleenet/core';

/** The interface group of everything that klee makes: `ifconfig -g klee` lists it. */
export const GROUP = 'klee';

/** The default interface name of a network. Fifteen characters, the kernel's maximum. */
export function networkInterface(id: string, _type: NetworkType): string {
  return `kln${id}`;
}

/** The jail of a container. Never all digits, which jail(8) would treat as a jail id. */
export function jailName(containerId: string): string {
  return `klee-${containerId}`;
}

/** The description of an interface: names its owner, for people and for klee. */
export function mark(kind: 'network' | 'endpoint', id: string): string {
  return `kleenet:${kind}:${id}`;
}
