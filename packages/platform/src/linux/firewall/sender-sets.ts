/** The sets of the table `bridge klee` with the permitted senders. Pure. */

/**
 * The positions of the target and of the first option's MAC address in neighbour discovery, in bits (RFC 4861, 4.3 and
 * 4.4).
 */
export const DISCOVERED = { target: '@nh,384,128', mac: '@nh,528,48' } as const;

/** The sets by name, as they are declared. */
const SETS: Readonly<Record<string, string>> = {
  macs: 'type ifname . ether_addr',
  senders4: 'type ifname . ether_addr . ipv4_addr',
  senders6: 'type ifname . ether_addr . ipv6_addr',
  discovered_macs: `typeof iifname . ${DISCOVERED.mac}`,
  discovered_targets: `typeof iifname . ${DISCOVERED.target}`,
};

/** Declares the sets inside their table; harmless if they exist. */
export function senderSetLines(): readonly string[] {
  return Object.entries(SETS).map(([name, type]) => `\tset ${name} { ${type}; }`);
}
