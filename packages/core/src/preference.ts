/** Which of a container's endpoints comes first wherever only one can: see docs/networks.md. */
import type { Endpoint } from './model.ts';

/** Sorts endpoints of one container: the highest gateway priority first, and of equals the one connected first. */
export function byPreference(
  a: Pick<Endpoint, 'gatewayPriority' | 'order'>,
  b: Pick<Endpoint, 'gatewayPriority' | 'order'>,
): number {
  return b.gatewayPriority - a.gatewayPriority || a.order - b.order;
}
