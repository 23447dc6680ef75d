import { open, stat } from 'node:fs/promises';
import { KleenetError } from '../errors.ts';
import type { ImagePlatform } from '../platform.ts';
import type { Steps } from './steps.ts';

/** Magic numbers of archives: gzip, xz, bzip2, zstd, and `ustar` at its place in a tar header. */
const BEGINNINGS: readonly (readonly [number, string])[] = [
  [0, '1f8b'],
  [0, 'fd377a585a'],
  [0, '425a68'],
  [0, '28b52ffd'],
  [257, Buffer.from('ustar').toString('hex')],
];

/** Images of the simulated host: the source is checked, but not unpacked. */
export function simulatedImages(steps: Steps): ImagePlatform {
  return {
    plan: (image) => [{ kind: 'directory', name: `images/${image.id}` }],
    async import(image, { path }, { signal }) {
      const size = await sizeOf(path);
      await steps.take(`import image ${image.id}`, signal, (state) => {
        if (!state.images.includes(image.id)) state.images.push(image.id);
      });
      return size;
    },
    async remove(image, { signal }) {
      await steps.take(`remove image ${image.id}`, signal, (state) => {
        state.images = state.images.filter((id) => id !== image.id);
      });
    },
  };
}

async function sizeOf(source: string): Promise<number> {
  try {
    const found = await stat(source);
    if (found.isDirectory() || (found.isFile() && (await isArchive(source)))) return found.size;
  } catch (cause) {
    if (!(cause instanceof Error && 'code' in cause)) throw cause;
    throw new KleenetError('IMAGE_INVALID', `${source} cannot be read: ${cause.message}`, {
      hint: 'give the path of a directory or a tar archive',
      cause,
    });
  }
  throw new KleenetError('IMAGE_INVALID', `${source} is neither a directory nor a tar archive`, {
    hint: 'give the path of a directory or a tar archive',
  });
}

async function isArchive(source: string): Promise<boolean> {
  const file = await open(source);
  try {
    const { buffer } = await file.read({ buffer: Buffer.alloc(512), position: 0 });
    return BEGINNINGS.some(
      ([offset, hex]) => buffer.subarray(offset, offset + hex.length / 2).toString('hex') === hex,
    );
  } finally {
    await file.close();
  }
}
