/** Which of a container's endpoints comes first wherever only one can: see docs/networks.md. */
import type { Endpoint } from '../model.ts';

/** The gateway priorities that there are lie between this and its negative. */
export const PRIORITY_LIMIT = 1_000_000;

/** What `order` stays below: core numbers a container's endpoints anew before they reach it. */
export const ORDER_LIMIT = 1024;

type Ranked = Pick<Endpoint, 'gatewayPriority' | 'order'>;

/**
 * The place of an endpoint among those of its container, from 1 to below 2^31: the lowest comes first, and no two have
 * the same. The higher gateway priority is lower, and of equals the one that was connected first. Fit for the metric of
 * a route.
 */
export function rankOf({ gatewayPriority, order }: Ranked): number {
  const priority = Math.max(-PRIORITY_LIMIT, Math.min(PRIORITY_LIMIT, gatewayPriority));
  return (PRIORITY_LIMIT - priority) * ORDER_LIMIT + order + 1;
}

/** Sorts endpoints of one container by {@link rankOf}. */
export function byPreference(a: Ranked, b: Ranked): number {
  return rankOf(a) - rankOf(b);
}
