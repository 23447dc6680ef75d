/** Takes one walk on this host: as root, in namespaces of its own. Reads the steps, and prints what came of them, as JSON. */
import { readFileSync } from 'node:fs';
import type { Step } from './steps/step.ts';
import { walk } from './walk.ts';
import { openLinux } from './world/linux.ts';

const { steps, path } = JSON.parse(readFileSync(0, 'utf8')) as WalkOrder;
const world = await openLinux(path === undefined ? {} : { path });
const walked = await walk(world, steps, {
  log: (line) => void process.stderr.write(`${line}\n`),
});
await world.close();
// A pipe may take what is written in parts.
process.stdout.write(JSON.stringify(walked), () => process.exit(0));

/** What this program reads. */
export interface WalkOrder {
  readonly steps: readonly Step[];
  /** Comes first where programs are looked for. */
  readonly path?: string;
}
