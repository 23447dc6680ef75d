/** What is at fixed places around a host: where packets come from, and where servers listen. */

export type Protocol = 'tcp' | 'udp';

/** Where packets come from, beside the containers, which are known by their labels. */
export const HOST = 'host';
export const OUTSIDE = 'outside';

/** The host's address on the link to the outside, and that of the machine there. */
export const HOST_ADDRESS = { ipv4: '192.0.2.1', ipv6: '2001:db8::1' } as const;
export const OUTSIDE_ADDRESS = { ipv4: '192.0.2.2', ipv6: '2001:db8::2' } as const;

/** The port on which the host and the machine outside listen, and the two of each container. */
export const SERVICE = 7000;
export const CONTAINER_PORTS = [5000, 5001] as const;

export interface Question {
  readonly from: string;
  readonly address: string;
  readonly port: number;
  readonly protocol: Protocol;
}
