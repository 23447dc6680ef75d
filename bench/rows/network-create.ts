import { gateway, subnet } from '../engines/engine.ts';
import { wallTime } from '../support/command.ts';
import { requireGateway } from '../support/look.ts';
import { each } from '../support/row.ts';
import type { Row } from '../support/row.ts';
import { emptyNode } from '../support/tasks.ts';

/** Podman makes the bridge when the first container starts. */
export const networkCreate: Row = {
  title: '`network create` of a bridge',
  unit: 'ms',
  peer: 'docker',
  goals: { node: { limit: 3.3, of: 'empty' }, file: { limit: 1.8, of: 'empty' } },
  tasks: {
    ...each(['node', 'file', 'podman', 'docker'], async (scene) => {
      const engine = await scene.engine();
      return {
        setUp: () => void engine.ok(engine.createNetwork('first', subnet(0))),
        measure: () => wallTime(engine.createNetwork('second', subnet(1))),
        check: () => {
          if (scene.contestant !== 'podman') requireGateway(gateway(1));
        },
        after: () => void engine.ok(engine.removeNetworks('second')),
      };
    }),
    empty: emptyNode,
  },
};
