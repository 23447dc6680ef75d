/** Paths below the data directory of a FreeBSD host. Pure. */
import { requirePlainDirectory } from '../container/layout.ts';

/** A container's persistent files. The container controls only `rootfs`: its content is not trusted. */
export interface ContainerPaths {
  readonly directory: string;
  /** Its root file system. */
  readonly rootfs: string;
  /** An empty directory, mounted over paths that a container of the built-in image must not see. */
  readonly empty: string;
  readonly log: string;
  /** Its /etc/hosts. */
  readonly hosts: string;
}

/** The files of one run. */
export interface RunPaths {
  /**
   * Its files tell the progress of the run. `supervisor` has the process id of the supervisor. `started` is made by the
   * first of two: the supervisor, to run the command, or klee, to prevent that. `over` is made by the supervisor when the
   * command and all its descendants in the jail have ended, and `handled` by a klee process that reaps the run itself.
   */
  readonly directory: string;
  /** Outside the directory: it is read after the sandbox is gone. */
  readonly status: string;
}

export interface Layout {
  readonly directory: string;
  /** Where the directories of all containers are. */
  readonly containers: string;
  container(id: string): ContainerPaths;
  run(containerId: string, runId: string): RunPaths;
  image(id: string): { readonly directory: string; readonly rootfs: string };
}

/** @throws KleenetError INVALID_ARGUMENT for a directory whose name mount(8) would misread */
export function layoutOf(directory: string): Layout {
  requirePlainDirectory(directory);
  const containers = `${directory}/containers`;
  const container = (id: string): ContainerPaths => {
    const path = `${containers}/${id}`;
    return {
      directory: path,
      rootfs: `${path}/rootfs`,
      empty: `${path}/empty`,
      log: `${path}/log`,
      hosts: `${path}/hosts`,
    };
  };
  return {
    directory,
    containers,
    container,
    run(containerId, runId) {
      const path = `${container(containerId).directory}/run-${runId}`;
      return { directory: path, status: `${path}.status` };
    },
    image(id) {
      const path = `${directory}/images/${id}`;
      return { directory: path, rootfs: `${path}/rootfs` };
    },
  };
}
