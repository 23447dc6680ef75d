/** The simulated host, whose state is in the state directory. */
export { createSimulatedPlatform, fileStorage } from '@kleenet/core';
