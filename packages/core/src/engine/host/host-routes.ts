import { prefixLength } from '../../address/index.ts';
import type { HostRoute } from '../../platform.ts';

/**
 * The shortest prefix of a network, in bits: the widest private one is 10.0.0.0/8. Shorter routes are halves of a
 * default route, as VPNs set them: 0.0.0.0/1 and 128.0.0.0/1, or 2000::/3.
 */
const WIDEST = 8;

/** Whether a route leads to the rest of the world rather than to a network. */
export function isDefaultInParts({ destination }: HostRoute): boolean {
  return prefixLength(destination) < WIDEST;
}
