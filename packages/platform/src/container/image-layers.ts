/**
 * Detects layered images (`docker save`, OCI image layouts) and bundles before anything is unpacked: treated as a root
 * file system they would give an image without programs.
 */
import type { Argv } from '@kleenet/core';
import type { KleenetError } from '@kleenet/core/errors';
import { scriptArgv } from '../runner/script.ts';
import { invalidImage } from './image-source.ts';
import { LAYERS, LAYERS_OF_DIRECTORY } from './scripts/embedded.ts';

/** Prints what {@link requireRootFileSystem} reads, of the archive that a command of tar(1) lists. */
export function layersOfArchive(list: Argv): Argv {
  return scriptArgv(LAYERS, list);
}

/** The same for a directory with an absolute path. */
export function layersOfDirectory(path: string): Argv {
  return scriptArgv(LAYERS_OF_DIRECTORY, [path]);
}

const FOUND: Readonly<Record<string, string>> = {
  oci: 'it is an OCI image layout: its layers are not yet one root file system',
  docker: "it is an archive of 'docker save': its layers are not yet one root file system",
  bundle: 'its root file system is the directory rootfs in it',
};

const FLATTEN =
  "give the root file system of a container: 'docker export' or 'podman export' writes it as an archive, 'umoci unpack' makes a directory with it, rootfs";

/** @throws KleenetError IMAGE_INVALID for anything that is known not to be a root file system */
export function requireRootFileSystem(source: string, printed: string): void {
  const kind = printed.trim();
  const reason = FOUND[kind];
  if (reason !== undefined) throw refusal(source, kind, reason);
}

function refusal(source: string, kind: string, reason: string): KleenetError {
  const hint = kind === 'bundle' ? 'give that directory, or an archive of what is in it' : FLATTEN;
  return invalidImage(source, reason, { hint });
}
