import { output, wallTime } from '../support/command.ts';
import { addressesIn, requireEqual } from '../support/look.ts';
import { each } from '../support/row.ts';
import type { Row } from '../support/row.ts';
import { connectable, connectablePlugins } from '../support/tasks.ts';

export const disconnect: Row = {
  title: 'disconnect it',
  unit: 'ms',
  peer: 'podman',
  goals: { node: { limit: 0.8, of: 'podman' }, file: { limit: 0.5, of: 'podman' } },
  tasks: {
    ...each(['node', 'file', 'podman', 'docker'], async (scene) => {
      const engine = await connectable(scene);
      return {
        before: () => void engine.ok(engine.connect('second', 'alpha')),
        measure: () => wallTime(engine.disconnect('second', 'alpha')),
        // 127.0.0.1, and the address in the first network.
        check: () =>
          requireEqual(addressesIn(engine.namespaceOf('alpha')).length, 2, 'addresses left'),
      };
    }),
    plugins: (scene) => {
      const plugins = connectablePlugins(scene);
      return {
        before: () => void output(plugins.connect('second', 'alpha')),
        measure: () => wallTime(plugins.disconnect('second', 'alpha')),
        check: () => requireEqual(addressesIn('/run/netns/alpha').length, 0, 'addresses left'),
      };
    },
  },
};
