/** Which address an endpoint gets: pure logic over the leases of a store. */
export { allocate, release } from './allocate.ts';
export { firstAssignable, gatewayFor, type GatewayChoice } from './gateway.ts';
export type { AllocationRequest } from './request.ts';
export { type Reservation, reservations } from './reservations.ts';
export { type PoolStats, poolStats } from './stats.ts';
