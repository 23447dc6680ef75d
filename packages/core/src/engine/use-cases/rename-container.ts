import { parseName } from '../../names.ts';
import { mendingOthers } from '../lifecycle/attach-again.ts';
import type { Engine } from '../context.ts';
import { refreshHosts } from '../lifecycle/hosts-files.ts';
import { requireFreeName, withContainer } from '../lifecycle/objects.ts';

/** Gives a container another name. @throws KleenetError CONTAINER_NOT_FOUND, INVALID_NAME, NAME_TAKEN */
export function renameContainer(engine: Engine, reference: string, name: string): Promise<void> {
  return mendingOthers(engine, () => renameLocked(engine, reference, name));
}

async function renameLocked(engine: Engine, reference: string, name: string): Promise<void> {
  const parsed = parseName('container', name);
  const concerned = await withContainer(engine, reference, async (container) => {
    if (container.name === parsed) return { networks: [] };
    await requireFreeName(engine, 'container', parsed);
    return engine.store.write((tx) => {
      tx.containers.update({ ...container, name: parsed });
      const networks = tx.endpoints.byContainer(container.id).map(({ networkId }) => networkId);
      return { networks, also: container.id };
    });
  });
  await refreshHosts(engine, concerned);
}
