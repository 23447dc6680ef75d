/** Names and marks of what klee makes on a FreeBSD host. Pure. */
import type { NetworkType } from '@kleenet/core';

/** The interface group of everything that klee makes: `ifconfig -g klee` lists it. */
export const GROUP = 'klee';

/** The interface of a network whose user named none. Fifteen characters, the most that the kernel takes. */
export function networkInterface(id: string, _type: NetworkType): string {
  return `kln${id}`;
}

/** The jail of a container. Never all digits, which jail(8) would take for a jail id. */
export function jailName(containerId: string): string {
  return `klee-${containerId}`;
}

/** Says whose an interface is, to people and to klee: its description. */
export function mark(kind: 'network' | 'endpoint', id: string): string {
  return `kleenet:${kind}:${id}`;
}
