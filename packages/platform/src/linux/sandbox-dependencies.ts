/** Dependencies of all operations on sandboxes. */
import type { Clock, CommandRunner, Logger } from '@kleenet/core';
import type { HostFiles } from './host-files.ts';
import type { Layout } from './layout.ts';
import type { Runtime } from './runtime.ts';

export interface SandboxDependencies {
  readonly commands: CommandRunner;
  readonly files: HostFiles;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly layout: Layout;
  /** In bytes: the size limit of one container's log. */
  readonly logLimit: number;
  readonly runtime: () => Promise<Runtime>;
  readonly commandPrefix: readonly string[];
  /** The processor, by Node's name. */
  readonly architecture: string;
}
