import { output, wallTime } from '../support/command.ts';
import { requireAddress } from '../support/look.ts';
import { each } from '../support/row.ts';
import type { Row } from '../support/row.ts';
import { connectable, connectablePlugins, requireBoth } from '../support/tasks.ts';

export const connect: Row = {
  title: 'connect a running ipnet container',
  unit: 'ms',
  peer: 'podman',
  goals: { node: { limit: 0.8, of: 'podman' }, file: { limit: 0.5, of: 'podman' } },
  tasks: {
    ...each(['node', 'file', 'podman', 'docker'], async (scene) => {
      const engine = await connectable(scene);
      return {
        measure: () => wallTime(engine.connect('second', 'alpha')),
        check: () => requireBoth(engine.namespaceOf('alpha')),
        after: () => void engine.ok(engine.disconnect('second', 'alpha')),
      };
    }),
    plugins: (scene) => {
      const plugins = connectablePlugins(scene);
      return {
        measure: () => wallTime(plugins.connect('second', 'alpha')),
        check: () => requireAddress('/run/netns/alpha', '10.'),
        after: () => void output(plugins.disconnect('second', 'alpha')),
      };
    },
  },
};
