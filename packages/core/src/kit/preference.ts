/** The order of a container's endpoints, wherever only one can be used: see docs/networks.md. */
import type { Endpoint } from '../model.ts';

/** Gateway priorities lie between this value and its negative. */
export const PRIORITY_LIMIT = 1_000_000;

/** The exclusive upper bound of `order`: core renumbers a container's endpoints before they reach it. */
export const ORDER_LIMIT = 1024;

type Ranked = Pick<Endpoint, 'gatewayPriority' | 'order'>;

/**
 * The rank of an endpoint among those of its container, from 1 to below 2^31: the lowest comes first, and ranks are
 * unique. A higher gateway priority gives a lower rank; among equals, the endpoint that was connected first. Usable as
 * a route metric.
 */
export function rankOf({ gatewayPriority, order }: Ranked): number {
  const priority = Math.max(-PRIORITY_LIMIT, Math.min(PRIORITY_LIMIT, gatewayPriority));
  return (PRIORITY_LIMIT - priority) * ORDER_LIMIT + order + 1;
}

/** Sorts endpoints of one container by {@link rankOf}. */
export function byPreference(a: Ranked, b: Ranked): number {
  return rankOf(a) - rankOf(b);
}
