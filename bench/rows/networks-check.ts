import { wallTime } from '../support/command.ts';
import { fillNetworks } from '../support/fill.ts';
import { requireEqual } from '../support/look.ts';
import { each } from '../support/row.ts';
import type { Row } from '../support/row.ts';

export const networksCheck: Row = {
  title: '`system check` with networks',
  unit: 'ms',
  long: true,
  points: { of: 'networks', at: [2, 252] },
  goals: { node: { limit: 3, of: 'first point' }, file: { limit: 3, of: 'first point' } },
  tasks: each(['node', 'file'], async (scene) => {
    const engine = await scene.engine();
    const check = engine.command('system', 'check');
    return {
      setUp: async () => void (await fillNetworks(engine, scene.point)),
      measure: () => wallTime(check),
      check: () => requireEqual(engine.ok(check), '', 'findings of a sound host'),
    };
  }),
};
