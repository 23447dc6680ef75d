import type { CaseDefinition } from '../definition.ts';
import { ATTACH_CASES } from './attach.ts';
import { DATA_PLANE_CASES } from './data-planes.ts';
import { DETACH_CASES } from './detach.ts';
import { FAULT_CASES } from './faults.ts';
import { MANIFEST_CASES } from './manifest.ts';
import { NEIGHBOUR_CASES } from './neighbours.ts';
import { OBSERVE_CASES } from './observe.ts';
import { PACKAGE_CASES } from './package.ts';
import { VALIDATION_CASES } from './validation.ts';

/** Every case, in the order of a driver's life. */
export const CASES: readonly CaseDefinition[] = [
  ...MANIFEST_CASES,
  ...PACKAGE_CASES,
  ...VALIDATION_CASES,
  ...DATA_PLANE_CASES,
  ...ATTACH_CASES,
  ...DETACH_CASES,
  ...OBSERVE_CASES,
  ...FAULT_CASES,
  ...NEIGHBOUR_CASES,
];
