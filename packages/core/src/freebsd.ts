/**
 * For data planes on FreeBSD: the marks by which klee, its firewall and later commands know what belongs to an endpoint, and what
 * programs say. Pure.
 */

/**
 * The interface group of everything that klee makes (`ifconfig INTERFACE group klee`; `ifconfig -g klee` lists it). The firewall's
 * rules know the interfaces of containers by it. klee removes an interface of a driver that is gone only if it is in this group and
 * bears the {@link mark} of its endpoint.
 */
export const GROUP = 'klee';

/** The description of an interface (`ifconfig INTERFACE description …`): names its owner, for people and for klee. */
export function mark(kind: 'network' | 'endpoint', id: string): string {
  return `kleenet:${kind}:${id}`;
}

const GONE = [
  /interface .+ does not exist/,
  /SIOCDIFADDR\w*\)?: Can't assign requested address/,
  /BRDGDEL .*: No such file or directory|unable to get bridge flags/,
  /not in table|route has not been found/,
  /jail "[^"]*" not found/,
];

/**
 * Whether the object of a removal was gone already, or its interface or jail was, by what ifconfig(8), route(8), jexec(8) or jail(8)
 * printed on standard error.
 */
export function isGone(stderr: string): boolean {
  return GONE.some((pattern) => pattern.test(stderr));
}

const THERE = [
  /interface .+ already exists/,
  /SIOC\w+(?: \([^)]*\))?: File exists/,
  /BRDGADD .*: File exists/,
  /route already in table/,
];

/** Whether what was to be made was there already, by what these programs printed on standard error. It may be somebody else's. */
export function isThere(stderr: string): boolean {
  return THERE.some((pattern) => pattern.test(stderr));
}
