import { wallTime } from '../support/command.ts';
import { each } from '../support/row.ts';
import type { Row } from '../support/row.ts';
import { subnet } from '../engines/engine.ts';
import { emptyNode } from '../support/tasks.ts';

export const networkLs: Row = {
  title: '`network ls`',
  unit: 'ms',
  peer: 'podman',
  goals: { node: { limit: 1.4, of: 'empty' }, file: { limit: 0.7, of: 'podman' } },
  tasks: {
    ...each(['node', 'file', 'podman', 'docker'], async (scene) => {
      const engine = await scene.engine();
      return {
        setUp: () => {
          engine.ok(engine.createNetwork('first', subnet(0)));
          engine.ok(engine.createNetwork('second', subnet(1)));
        },
        measure: () => wallTime(engine.listNetworks()),
        check: () => {
          const listed = engine.ok(engine.listNetworks());
          if (!/ first /.test(listed) || !/ second /.test(listed)) throw new Error(listed);
        },
      };
    }),
    empty: emptyNode,
  },
};
