/** Addresses, subnets and MAC addresses: text from outside is parsed once, into canonical and branded text. */
export {
  contains,
  containsCidr,
  hostCidr,
  overlaps,
  parseCidr,
  prefixLength,
  spanOf,
} from './cidr.ts';
export { compareAddresses, familyOf, fromNumber, parseIpAddress, toNumber } from './ip.ts';
export { generateMac, parseMacAddress } from './mac.ts';
export { specialRangeOf } from './special.ts';
export { FAMILIES } from './types.ts';
export type { Cidr, Family, IpAddress } from './types.ts';
