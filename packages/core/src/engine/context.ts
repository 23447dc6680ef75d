import type { Argv, Clock, CommandRunner, Logger } from '../command.ts';
import type { DriverRegistry } from '../registry.ts';
import type { Platform } from '../platform.ts';
import type { Locks, Store } from '../store.ts';

/** All that a use case works with; composed once per command. */
export interface Engine {
  readonly store: Store;
  readonly locks: Locks;
  readonly platform: Platform;
  readonly registry: DriverRegistry;
  /** Handed to drivers; the platform has its own. */
  readonly commands: CommandRunner;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Raised when the user interrupts: creating operations roll back, removing ones stop where a retry goes on. */
  readonly signal: AbortSignal;
  /** What this process does, shown to others who wait for its locks: `klee network connect testnet container1`. */
  readonly purpose: string;
  /** How long to wait for a lock, in milliseconds. */
  readonly patience: number;
  /** The command that reaps a run; the supervisor appends container id and run id. */
  readonly reap: Argv;
  /**
   * Waits until no command of a klee that is gone runs any more, at most `patience` milliseconds. Absent where commands
   * die with klee.
   * @throws KleenetError OBJECT_BUSY when one still does, INTERRUPTED
   */
  readonly awaitOrphans?: (patience: number) => Promise<void>;
  /**
   * By id, the containers that ran when this process loaded rules of the firewall that were gone: what they had in the rules
   * went with them. `mendingOthers` makes it again.
   */
  readonly cutOff: Set<string>;
}
