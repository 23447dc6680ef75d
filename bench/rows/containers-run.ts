import { requireEqual } from '../support/look.ts';
import { each } from '../support/row.ts';
import type { Row } from '../support/row.ts';
import { LARGE, fillContainers } from '../support/fill.ts';
import { processorTime } from '../support/processor-time.ts';

export const containersRun: Row = {
  title: '`run -d` beside running containers, processor time',
  unit: 'ms',
  rounds: 10,
  long: true,
  points: { of: 'containers', at: [10, 100, 200, 300] },
  goals: { node: { limit: 1.1, of: 'first point' }, file: { limit: 1.1, of: 'first point' } },
  tasks: each(['node', 'file', 'podman'], async (scene) => {
    const engine = await scene.engine();
    const another = engine.run('another', { network: LARGE.name });
    return {
      setUp: async () => {
        engine.ok(engine.createNetwork(LARGE.name, LARGE.subnet));
        await fillContainers(engine, scene.point);
      },
      measure: () => processorTime(another),
      check: () => requireEqual(engine.running(), scene.point + 1, 'running containers'),
      after: () => void engine.ok(engine.removeContainers('another')),
    };
  }),
};
