/** Names of klee's resources on a FreeBSD host. Pure. */
import type { NetworkType } from '@kleenet/core';

export { GROUP, mark } from '@kleenet/core/freebsd';

/** The default interface name of a network. Fifteen characters, the kernel's maximum. */
export function networkInterface(id: string, _type: NetworkType): string {
  return `kln${id}`;
}

/** The jail of a container. Never all digits, which jail(8) would treat as a jail id. */
export function jailName(containerId: string): string {
  return `klee-${containerId}`;
}
