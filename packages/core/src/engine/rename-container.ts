import { parseName } from '../names.ts';
import type { Engine } from './context.ts';
import { requireFreeName, withContainer } from './objects.ts';

/** Gives a container another name. @throws KleenetError CONTAINER_NOT_FOUND, INVALID_NAME, NAME_TAKEN */
export async function renameContainer(engine: Engine, reference: string, name: string): Promise<void> {
  const parsed = parseName('container', name);
  await withContainer(engine, reference, async (container) => {
    if (container.name === parsed) return;
    await requireFreeName(engine, 'container', parsed);
    await engine.store.write((tx) => {
      tx.containers.update({ ...container, name: parsed });
    });
  });
}
