import type { System } from '../../../world/world.ts';
import { FREEBSD } from './freebsd.ts';
import { LINUX } from './linux.ts';
import { MEMORY } from './memory.ts';
import type { Mishap } from './place.ts';

/** By their names, which walks have in their steps. */
export const MISHAPS: Readonly<Record<System, Readonly<Record<string, Mishap>>>> = {
  linux: LINUX,
  freebsd: FREEBSD,
  memory: MEMORY,
};
