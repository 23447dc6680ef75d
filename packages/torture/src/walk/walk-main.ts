/** Takes one walk on this host: as root, in namespaces of its own. Reads the steps, and prints what came of them, as JSON. */
import { answerOrder } from '../in-namespaces.ts';
import { openFreebsd } from '../world/freebsd.ts';
import type { FreebsdOptions } from '../world/freebsd.ts';
import { openLinux } from '../world/linux.ts';
import type { LinuxOptions } from '../world/linux.ts';
import { openMemory } from '../world/memory.ts';
import type { System, World } from '../world/world.ts';
import type { Walked } from './findings.ts';
import type { Step } from './steps/step.ts';
import { walk } from './walk.ts';

/** What this program reads. */
export interface WalkOrder extends LinuxOptions, FreebsdOptions {
  /** Where it takes place; on Linux unless given. */
  readonly system?: System;
  readonly steps: readonly Step[];
}

type Options = LinuxOptions & FreebsdOptions;

const OPEN: Readonly<Record<System, (options: Options) => Promise<World>>> = {
  linux: openLinux,
  freebsd: openFreebsd,
  memory: openMemory,
};

await answerOrder<WalkOrder, Walked>(async ({ steps, system = 'linux', ...options }, log) => {
  const world = await OPEN[system](options);
  const walked = await walk(world, steps, { log });
  await world.close();
  return walked;
});
