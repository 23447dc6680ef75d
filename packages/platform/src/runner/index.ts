/** Runs host commands for `@kleenet/core`. */
export { createCommandRunner } from './command-runner.ts';
export type { CommandRunnerOptions } from './command-runner.ts';
export { createDryRunner } from './dry-runner.ts';
export type { DryRunnerOptions } from './dry-runner.ts';
export { awaitOrphans, openChildren } from './orphans.ts';
export type { Children, ChildrenOptions, OrphanWait } from './orphans.ts';
export { commandFailed, interrupted, toolMissing, untilGivenUp } from './failures.ts';
export type { FinishedCommand } from './failures.ts';
export { gatherReadings } from './gathered-readings.ts';
export { shareReadings } from './shared-readings.ts';
export type { SharedReadings } from './shared-readings.ts';
export { quoteCommand } from './quote.ts';
