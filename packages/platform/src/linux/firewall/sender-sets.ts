/** The sets of the table `bridge klee` that say who may send what. Pure. */

/** Where neighbour discovery has its target and the MAC address of its first option, in bits (RFC 4861, 4.3 and 4.4). */
export const DISCOVERED = { target: '@nh,384,128', mac: '@nh,528,48' } as const;

/** The sets by name, as they are declared. */
const SETS: Readonly<Record<string, string>> = {
  macs: 'type ifname . ether_addr',
  senders4: 'type ifname . ether_addr . ipv4_addr',
  senders6: 'type ifname . ether_addr . ipv6_addr',
  discovered_macs: `typeof iifname . ${DISCOVERED.mac}`,
  discovered_targets: `typeof iifname . ${DISCOVERED.target}`,
};

/** Declares the sets inside their table; harmless where they are. */
export function senderSetLines(): readonly string[] {
  return Object.entries(SETS).map(([name, type]) => `\tset ${name} { ${type}; }`);
}
