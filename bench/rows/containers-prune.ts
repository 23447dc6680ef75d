import { Klee } from '../engines/klee.ts';
import { wallTime } from '../support/command.ts';
import { requireEqual } from '../support/look.ts';
import { each } from '../support/row.ts';
import type { Row } from '../support/row.ts';
import { LARGE, fillStopped } from '../support/fill.ts';

export const containersPrune: Row = {
  title: '`prune` of 5,000 containers that do not run',
  unit: 's',
  rounds: 1,
  long: true,
  goals: { node: { limit: 10, of: 'unit' }, file: { limit: 10, of: 'unit' } },
  tasks: each(['node', 'file'], async (scene) => {
    const engine = await scene.engine();
    if (!(engine instanceof Klee)) throw new Error('only klee is filled with stopped containers');
    const containers = scene.many(5000);
    const list = engine.command('container', 'ls', '-a', '--quiet');
    return {
      setUp: () => void engine.ok(engine.createNetwork(LARGE.name, LARGE.subnet)),
      before: async () => {
        await fillStopped(engine, containers);
        requireEqual(engine.ok(list).split('\n').length, containers, 'containers');
      },
      measure: () => wallTime(engine.prune()) / 1000,
      check: () => requireEqual(engine.ok(list), '', 'containers left'),
    };
  }),
};
