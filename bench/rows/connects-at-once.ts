import { prefix, subnet } from '../engines/engine.ts';
import { started, startedAll } from '../support/command.ts';
import { requireAddress } from '../support/look.ts';
import { each } from '../support/row.ts';
import type { Row } from '../support/row.ts';

const CONTAINERS = Array.from({ length: 16 }, (_, index) => `c-${String(index).padStart(2, '0')}`);

export const connectsAtOnce: Row = {
  title: '16 connects at once, total',
  unit: 'ms',
  peer: 'podman',
  goals: { node: { limit: 0.6, of: 'podman' }, file: { limit: 0.4, of: 'podman' } },
  tasks: each(['node', 'file', 'podman', 'docker'], async (scene) => {
    const engine = await scene.engine();
    return {
      setUp: async () => {
        engine.ok(engine.createNetwork('first', subnet(0)));
        engine.ok(engine.createNetwork('second', subnet(1)));
        await startedAll(CONTAINERS.map((name) => engine.run(name, { network: 'first' })));
      },
      measure: async () => {
        const start = performance.now();
        await Promise.all(CONTAINERS.map((name) => started(engine.connect('second', name))));
        return performance.now() - start;
      },
      check: () => {
        for (const name of CONTAINERS) requireAddress(engine.namespaceOf(name), prefix(1));
      },
      after: () => startedAll(CONTAINERS.map((name) => engine.disconnect('second', name))),
    };
  }),
};
