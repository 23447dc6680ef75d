import { prefixLength } from '../../address/index.ts';
import type { HostRoute } from '../../platform.ts';

/**
 * No network is as wide as this, in bits of the prefix: the widest private one is 10.0.0.0/8. Wider routes are the default
 * route in parts, as VPNs set it: 0.0.0.0/1 and 128.0.0.0/1, or 2000::/3.
 */
const WIDEST = 8;

/** Whether a route leads to the rest of the world rather than to a network. */
export function isDefaultInParts({ destination }: HostRoute): boolean {
  return prefixLength(destination) < WIDEST;
}
