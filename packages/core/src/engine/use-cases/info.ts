import type { Engine } from '../context.ts';
import { listContainers } from './reports.ts';
import type { SystemReport } from '../requests/requests.ts';

/** Facts about the host, and the number of objects. */
export async function systemInfo(engine: Engine): Promise<SystemReport> {
  const facts = await engine.platform.facts();
  const containers = await listContainers(engine);
  return engine.store.read((snapshot) => ({
    facts,
    counts: {
      networks: snapshot.networks.list().length,
      containers: containers.length,
      running: containers.filter(({ state }) => state === 'running').length,
      images: snapshot.images.list().length,
    },
    sysctls: snapshot.claims
      .list()
      .filter(({ resource }) => resource.kind === 'sysctl')
      .map(({ resource }) => ({ name: resource.name, previous: resource['old'] ?? '' })),
  }));
}
