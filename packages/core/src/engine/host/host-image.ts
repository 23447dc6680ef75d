import type { Image } from '../../model.ts';
import type { Snapshot } from '../../store.ts';
import type { Engine } from '../context.ts';
import { resolveImage } from '../records/resolve.ts';
import { KleenetError } from '../../errors.ts';

/** The built-in image: the host's own programs, read-only, with a throw-away writable layer. */
export const HOST_IMAGE: Image = Object.freeze({
  id: 'host',
  name: 'host',
  state: 'ready',
  source: "the host's own file system",
  size: 0,
  created: '1970-01-01T00:00:00.000Z',
});

/** The image of this name, id or id prefix, the built-in one included. @throws KleenetError IMAGE_NOT_FOUND */
export async function findImage(engine: Engine, reference: string): Promise<Image> {
  if (reference === HOST_IMAGE.name) return HOST_IMAGE;
  const image = await engine.store.read((snapshot) => resolveImage(snapshot, reference));
  if (image.state === 'ready') return image;
  throw new KleenetError(
    'IMAGE_NOT_FOUND',
    `image '${image.name}' is not complete: its import has not ended`,
    {
      hint: "wait for it, or remove what is left of it with 'klee image rm'",
    },
  );
}

/** The names of the containers that were made from an image. */
export function containersFrom(snapshot: Snapshot, image: Image): readonly string[] {
  return snapshot.containers
    .list()
    .filter(({ imageId }) => imageId === image.id)
    .map(({ name }) => name);
}
