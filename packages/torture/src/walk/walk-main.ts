/** Takes one walk on this host: as root, in namespaces of its own. Reads the steps, and prints what came of them, as JSON. */
import { answerOrder } from '../in-namespaces.ts';
import { openLinux } from '../world/linux.ts';
import type { LinuxOptions } from '../world/linux.ts';
import type { Walked } from './findings.ts';
import type { Step } from './steps/step.ts';
import { walk } from './walk.ts';

/** What this program reads. */
export interface WalkOrder extends LinuxOptions {
  readonly steps: readonly Step[];
}

await answerOrder<WalkOrder, Walked>(async ({ steps, ...options }, log) => {
  const world = await openLinux(options);
  const walked = await walk(world, steps, { log });
  await world.close();
  return walked;
});
