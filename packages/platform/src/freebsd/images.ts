/** Images: unpacked file systems below the data directory. */
import type {
  CommandOptions,
  CommandRunner,
  Image,
  ImagePlatform,
  ImageSource,
  Operation,
} from '@kleenet/core';
import { hasCode } from '@kleenet/core/errors';
import {
  layersOfArchive,
  layersOfDirectory,
  requireRootFileSystem,
} from '../container/image-layers.ts';
import { IMPORT_TIMEOUT, invalidImage, tarFailed } from '../container/image-source.ts';
import type { Layout } from './layout.ts';
import { copyTreeArgv, removeTrees } from './root-fs.ts';
import { change } from './run.ts';
import { scriptArgv } from '../runner/script.ts';
import { KIND } from './scripts/embedded.ts';

export interface ImageDependencies {
  readonly commands: CommandRunner;
  readonly layout: Layout;
}

export function createImagePlatform({ commands, layout }: ImageDependencies): ImagePlatform {
  async function unpack(image: Image, source: ImageSource, operation: Operation): Promise<number> {
    const { directory, rootfs } = layout.image(image.id);
    const { signal } = operation;
    const isDirectory = !source.local && (await isDirectoryOfHost(source.path, signal));
    await refuseLayers(source, isDirectory, signal);
    await change(commands, ['mkdir', '-p', '-m', '0700', directory], { signal });
    try {
      await change(commands, ['mkdir', '-p', '-m', '0755', rootfs], { signal });
      await (isDirectory ? copy(source.path, rootfs, signal) : extract(source, rootfs, signal));
      await refuseEmpty(source.path, rootfs, signal);
      return await diskUse(rootfs, signal);
    } catch (error) {
      await removeTrees(commands, [directory]);
      throw error;
    }
  }

  /** @throws KleenetError IMAGE_INVALID when it is not a file either */
  async function isDirectoryOfHost(path: string, signal: AbortSignal): Promise<boolean> {
    const { stdout } = await commands.read(scriptArgv(KIND, [path]), { signal });
    const kind = stdout.trim();
    if (kind === '') throw invalidImage(path, 'the host has no such file or directory');
    if (kind === 'other') throw invalidImage(path, 'it is neither a directory nor a regular file');
    return kind === 'directory';
  }

  async function refuseLayers(
    { path, local }: ImageSource,
    isDirectory: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const argv = isDirectory
      ? layersOfDirectory(path)
      : layersOfArchive(['tar', '-t', '-f', local ? '-' : path]);
    const input = local ? { inputFile: path } : {};
    const { stdout } = await commands.read(argv, { ...input, signal, timeout: IMPORT_TIMEOUT });
    requireRootFileSystem(path, stdout);
  }

  async function copy(from: string, rootfs: string, signal: AbortSignal): Promise<void> {
    await change(commands, copyTreeArgv(from, rootfs), { signal, timeout: IMPORT_TIMEOUT });
  }

  /**
   * The tar(1) of FreeBSD detects the compression itself, on standard input, too. It keeps names inside the directory:
   * it strips leading slashes, and follows neither `..` nor links of the archive out of it.
   */
  async function extract(
    { path, local }: ImageSource,
    rootfs: string,
    signal: AbortSignal,
  ): Promise<void> {
    const words = ['tar', '-x', '-p', '--numeric-owner', '-C', rootfs, '-f'] as const;
    const options: CommandOptions = { signal, timeout: IMPORT_TIMEOUT };
    try {
      if (local) await commands.change([...words, '-'], { ...options, inputFile: path });
      else await commands.change([...words, path], options);
    } catch (error) {
      if (!hasCode(error, 'PLATFORM_COMMAND_FAILED')) throw error;
      throw tarFailed(path, rootfs, error);
    }
  }

  /** A dry run has unpacked nothing, so there is nothing to check. */
  async function refuseEmpty(path: string, rootfs: string, signal: AbortSignal): Promise<void> {
    const options = { accept: 'any', signal } as const;
    const { status, stdout } = await commands.read(['ls', '-A', rootfs], options);
    if (status === 0 && stdout === '') throw invalidImage(path, 'there is nothing in it');
  }

  /** The size for `klee image ls`; 0 if the host cannot report it. */
  async function diskUse(rootfs: string, signal: AbortSignal): Promise<number> {
    const options = { accept: 'any', signal, timeout: IMPORT_TIMEOUT } as const;
    try {
      const { status, stdout } = await commands.read(['du', '-s', '-k', rootfs], options);
      const [, blocks] = /^(\d+)\s/.exec(stdout) ?? [];
      return status === 0 && blocks !== undefined ? Number(blocks) * 1024 : 0;
    } catch (error) {
      if (!hasCode(error, 'TOOL_MISSING')) throw error;
      return 0;
    }
  }

  return {
    plan: ({ id }) => [{ kind: 'directory', name: layout.image(id).directory }],
    import: unpack,
    remove: ({ id }, { signal }) => removeTrees(commands, [layout.image(id).directory], signal),
  };
}
