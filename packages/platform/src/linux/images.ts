/** Images: unpacked file systems below the data directory. */
import type { CommandRunner, Image, ImagePlatform, ImageSource, Operation } from '@kleenet/core';
import { hasCode } from '@kleenet/core/errors';
import {
  layersOfArchive,
  layersOfDirectory,
  requireRootFileSystem,
} from '../container/image-layers.ts';
import { IMPORT_TIMEOUT, invalidImage, tarFailed } from '../container/image-source.ts';
import type { Layout } from './layout.ts';

export interface ImageDependencies {
  readonly commands: CommandRunner;
  readonly layout: Layout;
}

/** GNU tar treats a name with a colon as one on another host. */
const LIST = ['tar', '-t', '--force-local', '-f'] as const;

export function createImagePlatform({ commands, layout }: ImageDependencies): ImagePlatform {
  /** Host commands of this platform run on klee's machine, so local files are on the host, too. */
  async function unpack(
    image: Image,
    { path: source }: ImageSource,
    operation: Operation,
  ): Promise<number> {
    const { directory, rootfs } = layout.image(image.id);
    const isDirectory = await sourceKind(source);
    const { stdout } = await commands.read(
      isDirectory ? layersOfDirectory(source) : layersOfArchive([...LIST, source]),
      { timeout: IMPORT_TIMEOUT, signal: operation.signal },
    );
    requireRootFileSystem(source, stdout);
    await commands.change(['mkdir', '-p', '-m', '0700', directory], { signal: operation.signal });
    try {
      await commands.change(['mkdir', '-p', '-m', '0755', rootfs], { signal: operation.signal });
      await (isDirectory
        ? copyDirectory(source, rootfs, operation)
        : extract(source, rootfs, operation));
      await refuseEmpty(source, rootfs);
      return await diskUse(rootfs);
    } catch (error) {
      await removeDirectory(directory);
      throw error;
    }
  }

  /** Whether the source is a directory. @throws KleenetError IMAGE_INVALID when it is not a file either */
  async function sourceKind(source: string): Promise<boolean> {
    const { status, stdout } = await commands.read(['stat', '-L', '-c', '%F', '--', source], {
      accept: [0, 1],
    });
    if (status !== 0) throw invalidImage(source, 'there is no such file or directory');
    const kind = stdout.trim();
    if (kind !== 'directory' && !kind.startsWith('regular'))
      throw invalidImage(source, `it is a ${kind}`);
    return kind === 'directory';
  }

  async function copyDirectory(
    source: string,
    rootfs: string,
    { signal }: Operation,
  ): Promise<void> {
    await commands.change(['cp', '-a', '--reflink=auto', '--', `${source}/.`, rootfs], {
      signal,
      timeout: IMPORT_TIMEOUT,
    });
  }

  /** GNU tar keeps names inside: it strips leading slashes, refuses `..`, and makes outward links last. */
  async function extract(source: string, rootfs: string, { signal }: Operation): Promise<void> {
    const keep = [
      '--numeric-owner',
      '--same-owner',
      '--same-permissions',
      '--xattrs',
      '--xattrs-include=*',
    ];
    try {
      await commands.change(['tar', '-x', '--force-local', ...keep, '-C', rootfs, '-f', source], {
        signal,
        timeout: IMPORT_TIMEOUT,
      });
    } catch (error) {
      if (!hasCode(error, 'PLATFORM_COMMAND_FAILED')) throw error;
      throw tarFailed(source, rootfs, error);
    }
  }

  /** A dry run has unpacked nothing, so there is nothing to check. */
  async function refuseEmpty(source: string, rootfs: string): Promise<void> {
    const first = ['-mindepth', '1', '-maxdepth', '1', '-print', '-quit'];
    const { status, stdout } = await commands.read(['find', rootfs, ...first], { accept: [0, 1] });
    if (status === 0 && stdout === '') throw invalidImage(source, 'there is nothing in it');
  }

  async function diskUse(rootfs: string): Promise<number> {
    const { status, stdout } = await commands.read(['du', '-s', '-B1', '--', rootfs], {
      accept: [0, 1],
      timeout: IMPORT_TIMEOUT,
    });
    return status === 0 ? Number.parseInt(stdout, 10) : 0;
  }

  async function removeDirectory(directory: string): Promise<void> {
    await commands.change(['rm', '-rf', '--one-file-system', directory], {
      timeout: IMPORT_TIMEOUT,
    });
  }

  return {
    plan: ({ id }) => [{ kind: 'directory', name: layout.image(id).directory }],
    import: unpack,
    remove: ({ id }) => removeDirectory(layout.image(id).directory),
  };
}
