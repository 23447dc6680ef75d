import { prefix } from '../engines/engine.ts';
import { wallTime } from '../support/command.ts';
import { fillNetworks } from '../support/fill.ts';
import { requireAddress } from '../support/look.ts';
import { each } from '../support/row.ts';
import type { Row } from '../support/row.ts';

export const networksConnect: Row = {
  title: 'connect beside other networks',
  unit: 'ms',
  long: true,
  points: { of: 'networks', at: [2, 252] },
  goals: { node: { limit: 1.1, of: 'first point' }, file: { limit: 1.1, of: 'first point' } },
  tasks: each(['node', 'file', 'podman'], async (scene) => {
    const engine = await scene.engine();
    const last = scene.point - 1;
    return {
      setUp: async () => {
        await fillNetworks(engine, scene.point);
        engine.ok(engine.run('alpha', { network: 'n0' }));
      },
      measure: () => wallTime(engine.connect(`n${last}`, 'alpha')),
      check: () => requireAddress(engine.namespaceOf('alpha'), prefix(last)),
      after: () => void engine.ok(engine.disconnect(`n${last}`, 'alpha')),
    };
  }),
};
