/** The test suite for network drivers: cases as data, for any test runner. */
export { conformanceCases, runConformance } from './conformance.ts';
export type {
  ConformanceCase,
  ConformanceReport,
  FailedCase,
  PlatformTrial,
  SkippedCase,
} from './conformance.ts';
export type { ConformanceOptions, Subject } from './candidate.ts';
export { importPlugin } from './importing.ts';
export type { ImportedPlugin } from './importing.ts';
export type { Group } from './definition.ts';
export type { Need } from './needs.ts';
export type { RealPlatform } from './stage.ts';
export { reportData, reportText } from './report.ts';
export type { CaseResult, DriverReport, PlatformVerdict } from './report.ts';
