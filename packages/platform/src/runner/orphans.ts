/**
 * Commands that outlive their klee: on hosts where commands cannot be made to die with it, clean-up after a killed klee
 * waits until its last command has ended.
 *
 * A klee that changes the host makes a directory with two FIFOs. It keeps `life` open for reading, and each of its
 * commands inherits `hands` in the same way. Opening a FIFO for writing shows whether any process still has it open for
 * reading (open(2), ENXIO), so process ids need not be trusted. The FIFOs are never written: a reader of `hands` only
 * sees end of file.
 */
import {
  closeSync,
  constants,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';
import { randomHex } from '@kleenet/core';
import type { Clock, Logger } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';
import { runProcess } from './process.ts';

/** In milliseconds. */
const INTERVAL = 50;

/** In milliseconds: a directory that still lacks its FIFOs after that is abandoned. */
const MAKING = 60_000;

export interface ChildrenOptions {
  /** The state directory, on the machine where klee runs. */
  readonly directory: string;
  /** The id of this process, for the messages of others. */
  readonly pid: number;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly logger: Logger;
}

/** The lock that commands of this process hold while they run. */
export interface Children {
  /** A descriptor for a command to inherit; undefined if it cannot be made. */
  hold(): Promise<number | undefined>;
  /** Closes it. Descriptors in running commands stay open until those end. */
  close(): void;
}

interface Held {
  readonly folder: string;
  readonly life: number;
  readonly hands: number;
}

/** Nothing is made before the first command that changes something. */
export function openChildren(options: ChildrenOptions): Children {
  let held: Promise<Held | undefined> | undefined;
  let open: Held | undefined;
  return {
    async hold() {
      held ??= make(options);
      open = await held;
      return open?.hands;
    },
    close() {
      if (open === undefined) return;
      closeSync(open.hands);
      closeSync(open.life);
      if (!isRead(join(open.folder, 'hands')))
        rmSync(open.folder, { recursive: true, force: true });
      open = undefined;
    },
  };
}

/** Other processes see it only once both FIFOs are open: it is renamed then. */
async function make(options: ChildrenOptions): Promise<Held | undefined> {
  const children = childrenOf(options.directory);
  const name = `${options.pid}-${randomHex(6)}`;
  const hidden = join(children, `.${name}`);
  try {
    mkdirSync(children, { recursive: true, mode: 0o700 });
    mkdirSync(hidden, { mode: 0o700 });
    await makeFifos([join(hidden, 'life'), join(hidden, 'hands')], options);
    const held = {
      life: openToRead(join(hidden, 'life')),
      hands: openToRead(join(hidden, 'hands')),
    };
    // poll(2) reports the end of a FIFO only to readers that have seen a writer leave.
    closeSync(openSync(join(hidden, 'hands'), constants.O_WRONLY | constants.O_NONBLOCK));
    renameSync(hidden, join(children, name));
    return { folder: join(children, name), ...held };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    options.logger.debug(
      `other klee processes will not wait for the commands of this one: ${reason}`,
    );
    return undefined;
  }
}

async function makeFifos(
  paths: readonly string[],
  { environment }: ChildrenOptions,
): Promise<void> {
  const { status, stderr } = await runProcess({
    argv: ['mkfifo', '-m', '600', ...paths],
    environment,
    input: undefined,
    inputFile: undefined,
    timeout: 10_000,
    signal: undefined,
    kill: () => {},
  });
  if (status !== 0) throw new Error(stderr.trim());
}

function openToRead(path: string): number {
  return openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
}

export interface OrphanWait {
  /** The state directory, on the machine where klee runs. */
  readonly directory: string;
  readonly clock: Clock;
  /** In milliseconds: how long to wait in all. */
  readonly patience: number;
  readonly signal?: AbortSignal;
}

/**
 * Waits until no command of a dead klee is still running.
 * @throws KleenetError OBJECT_BUSY when the patience is used up
 */
export async function awaitOrphans({
  directory,
  clock,
  patience,
  signal,
}: OrphanWait): Promise<void> {
  const children = childrenOf(directory);
  let left = patience;
  for (const name of entriesOf(children)) {
    const folder = join(children, name);
    while (isOrphaned(folder)) {
      if (left <= 0) throw stillRunning(name, folder);
      await clock.sleep(INTERVAL, signal);
      left -= INTERVAL;
    }
  }
}

/** Whether a klee is dead and one of its commands alive. Deletes the directory of a klee without either. */
function isOrphaned(folder: string): boolean {
  if (isRead(join(folder, 'life')) || isBeingMade(folder)) return false;
  if (isRead(join(folder, 'hands'))) return true;
  rmSync(folder, { recursive: true, force: true });
  return false;
}

function isBeingMade(folder: string): boolean {
  if (!/\/\.[^/]*$/.test(folder)) return false;
  try {
    return Date.now() - statSync(folder).mtimeMs < MAKING;
  } catch (error) {
    if (!hasErrno(error, 'ENOENT')) throw error;
    return false;
  }
}

/** Whether any process has the FIFO open for reading. */
function isRead(path: string): boolean {
  try {
    closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK));
    return true;
  } catch (error) {
    if (!hasErrno(error, 'ENXIO', 'ENOENT')) throw error;
    return false;
  }
}

function entriesOf(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (!hasErrno(error, 'ENOENT')) throw error;
    return [];
  }
}

function childrenOf(directory: string): string {
  return join(directory, 'children');
}

function stillRunning(name: string, folder: string): KleenetError {
  const [pid] = name.split('-');
  return new KleenetError(
    'OBJECT_BUSY',
    `a command of klee process ${pid}, which has ended, is still running`,
    {
      hint: `wait for it, or end it: 'fuser ${join(folder, 'hands')}' shows the process id`,
      details: { pid },
    },
  );
}

function hasErrno(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}
