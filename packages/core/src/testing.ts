/**
 * For the tests of drivers: a simulated host, objects to work on, and substitutes for the dependencies that core passes
 * to a driver. `klee plugin test` uses them; `--platform memory` also uses the simulated host.
 */
export { MemoryLocks, MemoryStore } from './memory-store/index.ts';
export {
  FaultySteps,
  createSimulatedPlatform,
  fileStorage,
  inProcessStorage,
  newSimulatedState,
} from './memory/index.ts';
export type {
  Fault,
  FaultyStep,
  FileStorageOptions,
  HostStorage,
  SimulatedInterface,
  SimulatedInterfaceKind,
  SimulatedPlatform,
  SimulatedPlatformOptions,
  SimulatedSandbox,
  SimulatedState,
} from './memory/index.ts';
export {
  buildAttachTarget,
  buildContainer,
  buildEndpoint,
  buildNetwork,
  buildRun,
} from './testing/builders.ts';
export type {
  AttachTargetParts,
  ContainerParts,
  EndpointParts,
  NetworkParts,
} from './testing/builders.ts';
export { createFakeClock } from './testing/fake-clock.ts';
export type { FakeClock } from './testing/fake-clock.ts';
export { createRecordingLogger, SILENT_LOGGER } from './testing/loggers.ts';
export type { RecordingLogger } from './testing/loggers.ts';
export { createRecordingRunner, createReplayRunner } from './testing/command-runners.ts';
export { changeInSteps } from './testing/steps.ts';
export type { RecordedCommand, RecordingRunner, ReplayRunner } from './testing/command-runners.ts';
export { simulatedTestHost } from './testing/test-host.ts';
export type {
  SimulatedTestHost,
  SimulatedTestProcess,
  TestHost,
  TestPlatform,
  TestProcess,
} from './testing/test-host.ts';
// What a test host is made of.
export type {
  CallerTerminal,
  FirewallPlatform,
  HostsEntry,
  HostsFile,
  Launch,
  NetworkPlatform,
  Platform,
  SandboxPlatform,
  SandboxSpec,
  Started,
} from './platform.ts';
export type { FirewallIntents, NetworkIntent, PublishIntent } from './firewall/intents.ts';
