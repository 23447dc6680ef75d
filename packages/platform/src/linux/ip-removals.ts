/**
 * Removals with ip(8). The kernel makes those of one network namespace one after the other, so what is asked for while one
 * runs goes together with the next: there are as many programs as turns, and not as many as objects.
 */
import { randomHex } from '@kleenet/core';
import type { CommandRunner } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';
import { LEAVING_GROUPS } from '@kleenet/core/linux';
import { inNamespace, ipBatchForced, isGone } from './ip.ts';
import type { IpBatch, IpFailure } from './ip.ts';
import { leavingGroup } from './names.ts';

/**
 * Makes every removal, and throws only for failures other than a missing object.
 * @throws KleenetError PLATFORM_COMMAND_FAILED
 */
export async function ipRemove(commands: CommandRunner, batch: IpBatch): Promise<void> {
  const all = await (inNamespace(batch.netns).length > 0
    ? ipBatchForced(commands, batch)
    : queueOf(commands).remove(batch));
  const failed = all.filter((failure) => !isGone(failure));
  const first = failed[0];
  if (first === undefined) return;
  throw new KleenetError(
    'PLATFORM_COMMAND_FAILED',
    `command failed: ip ${first.line}: ${first.message}`,
    {
      details: { argv: ['ip', ...inNamespace(batch.netns), ...first.line.split(' ')], failed },
    },
  );
}

const queues = new WeakMap<CommandRunner, RemovalQueue>();

function queueOf(commands: CommandRunner): RemovalQueue {
  const known = queues.get(commands) ?? new RemovalQueue(commands);
  queues.set(commands, known);
  return known;
}

interface Removal extends Pick<IpBatch, 'lines' | 'signal'> {
  readonly settle: (failures: Promise<readonly IpFailure[]>) => void;
}

/** The removals of the host's own namespace. */
class RemovalQueue {
  readonly #commands: CommandRunner;
  #waiting: readonly Removal[] = [];
  #isBusy = false;

  constructor(commands: CommandRunner) {
    this.#commands = commands;
  }

  /** The failures of these lines. */
  remove({ lines, signal }: IpBatch): Promise<readonly IpFailure[]> {
    if (lines.length === 0) return Promise.resolve([]);
    return new Promise((resolve) => {
      const removal = { lines, ...(signal === undefined ? {} : { signal }), settle: resolve };
      this.#waiting = [...this.#waiting, removal];
      if (!this.#isBusy) void this.#work();
    });
  }

  async #work(): Promise<void> {
    this.#isBusy = true;
    for (let [next] = this.#waiting; next !== undefined; [next] = this.#waiting) {
      const { signal } = next;
      const turn = this.#waiting.filter((removal) => removal.signal === signal);
      this.#waiting = this.#waiting.filter((removal) => removal.signal !== signal);
      const lines = turn.flatMap((removal) => removal.lines);
      const all = removeTogether(this.#commands, {
        lines,
        ...(signal === undefined ? {} : { signal }),
      });
      for (const removal of turn) removal.settle(failuresOf(removal, all));
      await Promise.allSettled([all]);
    }
    this.#isBusy = false;
  }
}

async function failuresOf(
  { lines }: Removal,
  all: Promise<readonly IpFailure[]>,
): Promise<readonly IpFailure[]> {
  return (await all).filter(({ line }) => lines.includes(line));
}

const LINK = /^link delete dev (\S+)$/;

/**
 * The failures of all. For each interface that is deleted by itself the kernel waits until all processors have let go of it
 * (20 to 40 ms): for a group, once. The group is a new one each time, because interfaces that a dead klee has left in one may be
 * in use again.
 */
async function removeTogether(
  commands: CommandRunner,
  batch: IpBatch,
): Promise<readonly IpFailure[]> {
  const links = batch.lines.filter((line) => LINK.test(line));
  if (links.length < 2) return ipBatchForced(commands, batch);
  const group = leavingGroup(Number.parseInt(randomHex(4), 16) % LEAVING_GROUPS);
  const moving = new Map(
    links.map((line) => [line.replace(LINK, `link set dev $1 group ${group}`), line]),
  );
  const deletion = `link delete group ${group}`;
  const rest = batch.lines.filter((line) => !LINK.test(line));
  const lines = [...moving.keys(), deletion, ...rest];
  const failures = await ipBatchForced(commands, { ...batch, lines });
  // Each by itself tells which one it was.
  const undone = failures.some((one) => one.line === deletion && !isGone(one)) ? links : [];
  return [
    ...failures
      .filter(({ line }) => line !== deletion)
      .map(({ line, message }) => ({ line: moving.get(line) ?? line, message })),
    ...(await ipBatchForced(commands, { ...batch, lines: undone })),
  ];
}
