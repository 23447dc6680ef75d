/** Helpers for every driver: part of the public contract. */
export { gatewayAddresses, heldAddresses, inFamilyOrder } from './addresses.ts';
export type { Connection, GatewayAddress, HeldAddress } from './addresses.ts';
export { byWayOut, defaultRoutes, nextHops } from './default-routes.ts';
export type { DefaultRoute, NextHop } from './default-routes.ts';
export { byPreference, rankOf } from './preference.ts';
export { settleAll, tryAll } from './try-all.ts';
export type { AlsoFailed } from './try-all.ts';
