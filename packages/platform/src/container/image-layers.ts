/**
 * Detects layered images (`docker save`, OCI image layouts) and bundles before anything is unpacked: treated as a root
 * file system they would give an image without programs.
 */
import type { Argv } from '@kleenet/core';
import type { KleenetError } from '@kleenet/core/errors';
import { invalidImage } from './image-source.ts';

/**
 * Reads names, one a line, and prints their kind: nothing as soon as a name is a directory that every system has. The
 * files are those of the OCI image layout and of the archives that docker-save(1), podman-save(1) and skopeo(1) write.
 */
const CLASSIFY = `
{ sub(/^(\\.?\\/)+/, ""); sub(/\\/+$/, "") }
/^(bin|boot|dev|etc|lib|lib64|libexec|opt|proc|rescue|root|sbin|sys|usr|var)(\\/|$)/ { whole = 1; exit }
$0 == "oci-layout" { layout = 1 }
$0 == "manifest.json" || $0 == "repositories" { manifest = 1 }
$0 == "index.json" { listed = 1 }
/^blobs\\/sha[0-9]+(\\/|$)/ { blobs = 1 }
/(^|\\/)layer\\.tar$/ { layer = 1 }
length($0) >= 64 && /^(sha256:)?[0-9a-f]+(\\.tar(\\.gz)?)?$/ { layer = 1 }
$0 == "config.json" || $0 == "metadata.yaml" { config = 1 }
/^rootfs(\\/|$)/ { rootfs = 1 }
END {
  if (whole) exit
  if (layout && (listed || blobs)) print "oci"
  else if (manifest && (layer || blobs)) print "docker"
  else if (config && rootfs) print "bundle"
}`;

/** The command line of tar(1) that lists an archive. */
const OF_ARCHIVE = `"$@" 2>/dev/null | awk '${CLASSIFY}'`;

/** The directory. */
const OF_DIRECTORY = `cd "$1" && find . -maxdepth 2 | awk '${CLASSIFY}'`;

/** Prints the input of {@link requireRootFileSystem}. */
export function layersOfArchive(list: Argv): Argv {
  return ['sh', '-c', OF_ARCHIVE, 'klee-layers', ...list];
}

/** The same for a directory with an absolute path. */
export function layersOfDirectory(path: string): Argv {
  return ['sh', '-c', OF_DIRECTORY, 'klee-layers', path];
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
