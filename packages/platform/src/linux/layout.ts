/** Paths below the data directory. Pure. */
import { requirePlainDirectory } from '../container/layout.ts';

/** A container's persistent files. */
export interface ContainerPaths {
  readonly directory: string;
  /** The writable layer and overlayfs's work directory. */
  readonly upper: string;
  readonly work: string;
  /** The mount point of the container's root file system while it has a sandbox. */
  readonly rootfs: string;
  /** The temporary layer of a container of the built-in image. */
  readonly scratch: string;
  readonly log: string;
  /** The container's /etc/hosts. */
  readonly hosts: string;
}

/** The files of one run. The directory is the OCI bundle. */
export interface RunPaths {
  readonly bundle: string;
  readonly config: string;
  /** The container's /etc/resolv.conf, if it differs from the host's file. */
  readonly resolver: string;
  /** A FIFO that the supervisor holds open for writing while the command runs. */
  readonly life: string;
  /** The process id of the container's first process. */
  readonly pid: string;
  /** The runtime's own messages. */
  readonly runtimeLog: string;
  /** Made by the process that has taken over the reaping of the run. */
  readonly handled: string;
  /** Outside the bundle: it is read after the sandbox is gone. */
  readonly status: string;
}

export interface Layout {
  readonly directory: string;
  container(id: string): ContainerPaths;
  run(containerId: string, runId: string): RunPaths;
  image(id: string): { readonly directory: string; readonly rootfs: string };
}

/** @throws KleenetError INVALID_ARGUMENT for a directory whose name mount(8) would misread */
export function layoutOf(directory: string): Layout {
  requirePlainDirectory(directory);
  const container = (id: string): ContainerPaths => {
    const path = `${directory}/containers/${id}`;
    return {
      directory: path,
      upper: `${path}/upper`,
      work: `${path}/work`,
      rootfs: `${path}/rootfs`,
      scratch: `${path}/scratch`,
      log: `${path}/log`,
      hosts: `${path}/hosts`,
    };
  };
  return {
    directory,
    container,
    run(containerId, runId) {
      const bundle = `${container(containerId).directory}/run-${runId}`;
      return {
        bundle,
        config: `${bundle}/config.json`,
        resolver: `${bundle}/resolv.conf`,
        life: `${bundle}/life`,
        pid: `${bundle}/pid`,
        runtimeLog: `${bundle}/runtime.log`,
        handled: `${bundle}/handled`,
        status: `${bundle}.status`,
      };
    },
    image(id) {
      const path = `${directory}/images/${id}`;
      return { directory: path, rootfs: `${path}/rootfs` };
    },
  };
}
