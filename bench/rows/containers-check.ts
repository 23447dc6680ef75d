import { wallTime } from '../support/command.ts';
import { requireEqual } from '../support/look.ts';
import { each } from '../support/row.ts';
import type { Row } from '../support/row.ts';
import { LARGE, fillContainers } from '../support/fill.ts';

export const containersCheck: Row = {
  title: '`system check`',
  unit: 's',
  rounds: 5,
  long: true,
  points: { of: 'containers', at: [10, 100, 200] },
  goals: { node: { limit: 1, of: 'unit' }, file: { limit: 1, of: 'unit' } },
  tasks: each(['node', 'file'], async (scene) => {
    const engine = await scene.engine();
    const check = engine.command('system', 'check');
    return {
      setUp: async () => {
        engine.ok(engine.createNetwork(LARGE.name, LARGE.subnet));
        await fillContainers(engine, scene.point);
      },
      measure: () => wallTime(check) / 1000,
      check: () => requireEqual(engine.ok(check), '', 'findings of a sound host'),
    };
  }),
};
