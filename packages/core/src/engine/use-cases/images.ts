import { KleenetError } from '../../errors.ts';
import type { Image } from '../../model.ts';
import { newId, parseName } from '../../names.ts';
import type { Snapshot } from '../../store.ts';
import type { Engine } from '../context.ts';
import { HOST_IMAGE, containersFrom } from '../host/host-image.ts';
import { withLocks, withNewObject } from '../records/locking.ts';
import { requireFreeName } from '../lifecycle/objects.ts';
import { recoverImage } from '../lifecycle/recovery.ts';
import { resolveImage } from '../records/resolve.ts';
import { rollback } from '../records/rollback.ts';
import { sweep } from '../lifecycle/sweep.ts';
import { imageOwner, insertClaims, operationFor } from '../records/claims.ts';
import { eraseImage } from '../lifecycle/removal.ts';

export interface ImportImageRequest {
  readonly name: string;
  /** The path of a directory or tar archive. */
  readonly source: string;
  /** The URL of the archive, recorded instead of its path: the archive is a temporary file where klee runs. */
  readonly origin?: string;
}

/**
 * Checks that an image of this name can be made, before the expensive work.
 * @throws KleenetError INVALID_NAME, NAME_TAKEN, PERMISSION_DENIED
 */
export async function requireImageName(engine: Engine, text: string): Promise<string> {
  const name = parseName('image', text);
  if (name === HOST_IMAGE.name) throw hostIsBuiltIn();
  await engine.platform.requirePrivilege();
  await sweep(engine);
  await requireFreeName(engine, 'image', name);
  return name;
}

/**
 * Makes an image from a directory or a tar archive.
 * @throws KleenetError INVALID_NAME, NAME_TAKEN, IMAGE_INVALID, PERMISSION_DENIED, DISK_FULL
 */
export async function importImage(engine: Engine, request: ImportImageRequest): Promise<Image> {
  const name = await requireImageName(engine, request.name);
  const image: Image = {
    id: newId(),
    name,
    state: 'creating',
    source: request.origin ?? request.source,
    size: 0,
    created: engine.clock.now().toISOString(),
  };
  return withNewObject(engine, { kind: 'image', id: image.id }, {}, async () => {
    const identity = await engine.platform.identity();
    await engine.store.write((tx) => {
      tx.images.insert(image);
      insertClaims(tx, imageOwner(image), engine.platform.images.plan(image), identity);
    });
    return rollback(
      engine,
      async () => {
        const size = await engine.platform.images.import(
          image,
          { path: request.source, local: request.origin !== undefined },
          operationFor(engine, imageOwner(image)),
        );
        const ready: Image = { ...image, state: 'ready', size };
        await engine.store.write((tx) => {
          tx.images.update(ready);
        });
        return ready;
      },
      () => recoverImage(engine, image.id, { orphans: 'none' }),
    );
  });
}

/** Removes an image. Returns its id. @throws KleenetError IMAGE_NOT_FOUND, IMAGE_IN_USE */
export async function removeImage(engine: Engine, reference: string): Promise<string> {
  if (reference === HOST_IMAGE.name) throw hostIsBuiltIn();
  const { id } = await engine.store.read((snapshot) => resolveImage(snapshot, reference));
  await engine.platform.requirePrivilege();
  await withLocks(engine, { images: [id] }, async () => {
    const image = await recoverImage(engine, id);
    if (image === undefined) return;
    await engine.store.write((tx) => {
      requireUnused(tx, image);
      tx.images.update({ ...image, state: 'removing' });
    });
    await eraseImage(engine, image);
    engine.locks.discard(`image-${id}`);
  });
  return id;
}

function requireUnused(snapshot: Snapshot, image: Image): void {
  const users = containersFrom(snapshot, image);
  if (users.length === 0) return;
  throw new KleenetError(
    'IMAGE_IN_USE',
    `image '${image.name}' is used by ${users.map((name) => `'${name}'`).join(', ')}`,
    {
      hint: 'remove these containers first',
      details: { image: image.name, containers: users },
    },
  );
}

function hostIsBuiltIn(): KleenetError {
  return new KleenetError(
    'NAME_TAKEN',
    "'host' is the built-in image: the host's own file system",
    {
      hint: 'choose another name',
    },
  );
}
