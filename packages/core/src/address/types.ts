/** An address family, by the names that messages and JSON use. */
export type Family = 'ipv4' | 'ipv6';

declare const brand: unique symbol;

/** One address as text in canonical form: dotted quad, or RFC 5952 for IPv6. Made by `parseIpAddress` only. */
export type IpAddress = string & { readonly [brand]: 'IpAddress' };

/** A subnet as `ADDRESS/PREFIX` in canonical form, without host bits. Made by `parseCidr` only. */
export type Cidr = string & { readonly [brand]: 'Cidr' };

/** A MAC address as six lower-case hex pairs with colons, unicast. Made by `parseMacAddress` only. */
export type MacAddress = string & { readonly [brand]: 'MacAddress' };

/** A value for each family that a network or endpoint has; absent for the others. */
export type PerFamily<T> = { readonly [F in Family]?: T };

/** Both families, in the order in which everything shows them. */
export const FAMILIES: readonly Family[] = ['ipv4', 'ipv6'];
