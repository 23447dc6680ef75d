import { Klee } from '../engines/klee.ts';
import { output } from '../support/command.ts';
import { openLibrary } from '../support/library.ts';
import { requireAddress } from '../support/look.ts';
import type { Row, Scene, Task } from '../support/row.ts';
import { connectable, requireBoth } from '../support/tasks.ts';

/** The floor is the same change of the host in two calls of ip(8): one for the host, one for the container. */
export const libraryConnect: Row = {
  title: 'connect in a living process, library',
  unit: 'ms',
  peer: 'floor',
  goals: {},
  tasks: { node: inLibrary, floor: withBatches },
};

async function inLibrary(scene: Scene): Promise<Task> {
  const engine = await connectable(scene);
  if (!(engine instanceof Klee)) throw new Error('klee is a library, others are not');
  const { core, engine: library } = await openLibrary(engine.root);
  const request = { network: 'second', container: 'alpha' };
  return {
    measure: async () => {
      const start = performance.now();
      await core.connect(library, request);
      return performance.now() - start;
    },
    check: () => requireBoth(engine.namespaceOf('alpha')),
    after: () => core.disconnect(library, request),
  };
}

const ADDRESS = '10.100.1.2';
const SUBNET = '10.100.1.0/24';

/** What klee writes for a connection, as a dry run shows it. */
async function withBatches(scene: Scene): Promise<Task> {
  const engine = await connectable(scene);
  const namespace = engine.namespaceOf('alpha');
  const id = namespace.replace('/run/netns/klee-', '');
  const bridge = engine.ok(
    engine.command('network', 'inspect', '--format', '{{network.interface}}', 'second'),
  );
  const mac = '02:00:00:00:00:01';
  const host = `route add ${ADDRESS}/32 dev klc${id}
neigh replace ${ADDRESS} lladdr ${mac} dev klc${id} nud permanent
neigh replace proxy ${ADDRESS} dev ${bridge}
`;
  const container = `address add ${ADDRESS}/32 dev eth0
route add ${SUBNET} via 169.254.1.1 dev eth0 onlink src ${ADDRESS}
route append default via 169.254.1.1 dev eth0 onlink src ${ADDRESS} metric 77
`;
  const batch = (lines: string, ...words: readonly string[]): string =>
    output({ argv: ['ip', ...words, '-batch', '-'], input: lines });
  return {
    measure: () => {
      const start = performance.now();
      batch(host);
      batch(container, '-n', `klee-${id}`);
      return performance.now() - start;
    },
    check: () => requireAddress(namespace, ADDRESS),
    after: () => {
      batch(
        `route del ${ADDRESS}/32 dev klc${id}\nneigh del ${ADDRESS} dev klc${id}\nneigh del proxy ${ADDRESS} dev ${bridge}\n`,
      );
      batch(`address del ${ADDRESS}/32 dev eth0\n`, '-n', `klee-${id}`);
    },
  };
}
