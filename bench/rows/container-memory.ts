import { setTimeout as wait } from 'node:timers/promises';
import { each } from '../support/row.ts';
import type { Row } from '../support/row.ts';
import { LARGE, fillContainers } from '../support/fill.ts';
import { residentMemory } from '../support/resident-memory.ts';

/** Until what only starts a container has ended, in milliseconds. */
const SETTLING = 3000;

/** What a daemon needs without containers does not count. Not a time: few rounds are enough. */
export const containerMemory: Row = {
  title: 'private memory that stays per running container',
  unit: 'KiB',
  rounds: 3,
  peer: 'podman',
  goals: { node: { limit: 1, of: 'podman' }, file: { limit: 1, of: 'podman' } },
  tasks: each(['node', 'file', 'podman', 'docker'], async (scene) => {
    const engine = await scene.engine();
    const containers = scene.many(20);
    let before = 0;
    return {
      setUp: async () => {
        engine.ok(engine.createNetwork(LARGE.name, LARGE.subnet));
        // The first container may start what serves all, and pages of programs are shared from the second one on.
        engine.ok(engine.run('first', { network: LARGE.name }));
        engine.ok(engine.run('second', { network: LARGE.name }));
        await wait(SETTLING);
        before = residentMemory();
        await fillContainers(engine, containers);
        await wait(SETTLING);
      },
      measure: () => (residentMemory() - before) / containers,
    };
  }),
};
