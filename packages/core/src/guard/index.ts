/** The guard between core and the code of plugins. */
export { within } from './call.ts';
export { checkDriver } from './driver.ts';
export type { CheckedDriver } from './driver.ts';
export type { DriverOrigin } from './faults.ts';
export { GuardedPlane } from './plane.ts';
export { ReadingOnly } from './reading-only.ts';
export type { Means } from './reading-only.ts';
