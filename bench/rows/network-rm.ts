import { prefix, subnet } from '../engines/engine.ts';
import { wallTime } from '../support/command.ts';
import { addressesOfHost } from '../support/look.ts';
import { each } from '../support/row.ts';
import type { Row } from '../support/row.ts';
import { emptyNode } from '../support/tasks.ts';

/** Podman has nothing on the host to remove. */
export const networkRm: Row = {
  title: '`network rm` of a bridge',
  unit: 'ms',
  peer: 'docker',
  goals: { node: { limit: 4, of: 'empty' }, file: { limit: 3, of: 'empty' } },
  tasks: {
    ...each(['node', 'file', 'podman', 'docker'], async (scene) => {
      const engine = await scene.engine();
      return {
        setUp: () => void engine.ok(engine.createNetwork('first', subnet(0))),
        before: () => void engine.ok(engine.createNetwork('second', subnet(1))),
        measure: () => wallTime(engine.removeNetworks('second')),
        check: () => {
          if (addressesOfHost().some((address) => address.startsWith(prefix(1))))
            throw new Error('the host still has the gateway');
        },
      };
    }),
    empty: emptyNode,
  },
};
