export { FaultySteps } from './faults.ts';
export type { Fault, FaultyStep } from './faults.ts';
export { createSimulatedPlatform } from './platform.ts';
export type { SimulatedPlatform, SimulatedPlatformOptions } from './platform.ts';
export { newSimulatedState } from './state.ts';
export type {
  SimulatedInterface,
  SimulatedInterfaceKind,
  SimulatedSandbox,
  SimulatedState,
} from './state.ts';
export { fileStorage, inProcessStorage } from './storage.ts';
export type { FileStorageOptions, HostStorage } from './storage.ts';
