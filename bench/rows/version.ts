import { wallTime } from '../support/command.ts';
import { each } from '../support/row.ts';
import type { Row } from '../support/row.ts';
import { emptyNode } from '../support/tasks.ts';

export const version: Row = {
  title: '`--version`',
  unit: 'ms',
  peer: 'empty',
  goals: { node: { limit: 1.1, of: 'empty' }, file: { limit: 0.4, of: 'empty' } },
  tasks: {
    ...each(['node', 'file', 'podman', 'docker'], async (scene) => {
      const engine = await scene.engine();
      return { measure: () => wallTime(engine.version()) };
    }),
    empty: emptyNode,
  },
};
