import type { Argv, Clock, CommandRunner, Logger } from '../command.ts';
import type { DriverRegistry } from '../registry.ts';
import type { Platform } from '../platform.ts';
import type { Locks, Store } from '../store.ts';

/** Dependencies of every use case; composed once per command. */
export interface Engine {
  readonly store: Store;
  readonly locks: Locks;
  readonly platform: Platform;
  readonly registry: DriverRegistry;
  /** For drivers; the platform has its own. */
  readonly commands: CommandRunner;
  readonly clock: Clock;
  readonly logger: Logger;
  /**
   * Raised when the user interrupts: creating operations roll back; removing ones stop at a point where a retry can
   * continue.
   */
  readonly signal: AbortSignal;
  /**
   * The command of this process, shown to processes that wait for its locks: `klee network connect testnet container1`.
   */
  readonly purpose: string;
  /** How long to wait for a lock, in milliseconds. */
  readonly patience: number;
  /** The command that reaps a run; the supervisor appends container id and run id. */
  readonly reap: Argv;
  /**
   * Waits until no command of a dead klee process is still running, at most `patience` milliseconds. Absent where
   * commands die with klee.
   * @throws KleenetError OBJECT_BUSY when one still does, INTERRUPTED
   */
  readonly awaitOrphans?: (patience: number) => Promise<void>;
  /** Makes the readings that begin from now on be made anew, shared ones, too. Absent where none are shared. */
  readonly forgetReadings?: () => void;
  /**
   * Containers, by id, that were running when this process reloaded lost firewall rules: their own entries in those
   * rules are lost. `mendingOthers` restores them.
   */
  readonly cutOff: Set<string>;
  /**
   * Networks, by id, of which this process has given an endpoint another address after containers were told the old one.
   * `mendingOthers` tells them.
   */
  readonly rebound: Set<string>;
}
