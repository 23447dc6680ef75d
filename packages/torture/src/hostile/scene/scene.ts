/** What the machine `hostile` knows of the host that it tries: names and addresses. Pure. */

export interface Station {
  readonly mac: string;
  readonly ipv4: string;
  readonly ipv6: string;
}

/**
 * The networks that the attackers are on: `lan` is an ordinary one, `apart` has no icc, `inner` is internal. The attackers
 * have one interface for each, in this order.
 */
export const LINKS = ['lan', 'apart', 'inner'] as const;
export type LinkName = (typeof LINKS)[number];

export interface Link {
  readonly name: LinkName;
  /** Of the attacker. */
  readonly own: Station;
  /** The host in this network. */
  readonly gateway: Station;
  /** A container on it with a stack of its own. */
  readonly neighbour: Station;
  /** An address of the network that no container has. */
  readonly free: Station;
}

export interface Scene {
  readonly links: Readonly<Record<LinkName, Link>>;
  /** A second well-behaved container on `lan`, and one there by the driver ipnet: the host stands in for it. */
  readonly peer: Station;
  readonly routed: Station;
  /** A container on a network that no attacker is on. */
  readonly far: Station;
  /** The host and the machine outside on the link between them. */
  readonly host: Station;
  readonly outside: Station;
}

export function linksOf({ links }: Scene): readonly Link[] {
  return LINKS.map((name) => links[name]);
}
