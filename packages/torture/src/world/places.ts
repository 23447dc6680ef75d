/** What is at fixed places around a host: where packets come from, and where servers listen. */

export type Protocol = 'tcp' | 'udp';

/** Where packets come from, beside the containers, which are known by their labels. */
export const HOST = 'host';
export const OUTSIDE = 'outside';

/** The host's address on the link to the outside, and that of the machine there. */
export const HOST_ADDRESS = { ipv4: '192.0.2.1', ipv6: '2001:db8::1' } as const;
export const OUTSIDE_ADDRESS = { ipv4: '192.0.2.2', ipv6: '2001:db8::2' } as const;

/** A machine in a network that the host is in with an interface of its own, and the host's address there. */
export const LAN = 'lan';
export const LAN_INTERFACE = 'lan0';
export const LAN_ADDRESS = { ipv4: '10.77.5.5', ipv6: 'fd77:5::5' } as const;
export const LAN_HOST_ADDRESS = { ipv4: '10.77.5.1', ipv6: 'fd77:5::1' } as const;

/** The interface of the host that leads to the machine outside. */
export const UPLINK = 'uplink';

/** A program of the host that takes a port. */
export const TAKER = 'taker';

/** The port on which the host and the machine outside listen, and the two of each container. */
export const SERVICE = 7000;
export const CONTAINER_PORTS = [5000, 5001] as const;

export interface Question {
  readonly from: string;
  readonly address: string;
  readonly port: number;
  readonly protocol: Protocol;
}
