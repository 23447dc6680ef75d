/** Dependencies of all operations on sandboxes. */
import type { CommandRunner, Logger } from '@kleenet/core';
import type { Layout } from './layout.ts';

export interface SandboxDependencies {
  readonly commands: CommandRunner;
  readonly logger: Logger;
  readonly layout: Layout;
  /** In bytes: what the log of one container takes at most. */
  readonly logLimit: number;
  readonly commandPrefix: readonly string[];
  /** The name of the user who runs klee behind the prefix. */
  readonly caller?: string;
}
