import { wallTime } from '../support/command.ts';
import { requireEqual } from '../support/look.ts';
import { each } from '../support/row.ts';
import type { Row } from '../support/row.ts';
import { LARGE, fillContainers } from '../support/fill.ts';

export const containersDown: Row = {
  title: '`system down` with 200 running containers',
  unit: 's',
  rounds: 3,
  long: true,
  peer: 'podman',
  goals: { node: { limit: 0.8, of: 'podman' }, file: { limit: 0.8, of: 'podman' } },
  tasks: each(['node', 'file', 'podman'], async (scene) => {
    const engine = await scene.engine();
    let names: readonly string[] = [];
    return {
      setUp: () => void engine.ok(engine.createNetwork(LARGE.name, LARGE.subnet)),
      before: async () => {
        names = await fillContainers(engine, scene.many(200));
      },
      measure: () => wallTime(engine.down(names)) / 1000,
      check: () => requireEqual(engine.running(), 0, 'running containers'),
      after: () => void engine.ok(engine.removeContainers(...names)),
    };
  }),
};
