/** Lets the contestants of a row take turns, each in namespaces of its own. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import type { Answer, Request } from './messages.ts';
import { pointsOf } from './row.ts';
import type { Contestant, Row } from './row.ts';
import { rotated } from './statistics.ts';

const ROOT = join(import.meta.dirname, '../..');
/** Not on a tmpfs, where syncing to disk costs nothing. */
const PLACE = '/var/tmp';

/** The figures of one contestant at one point, one for each round; or why there are none. */
export interface Figures {
  readonly contestant: Contestant;
  readonly point: number;
  readonly values: readonly number[];
  readonly failed?: string;
}

/** @param most - how many there are of anything, for trying */
export async function measure(
  id: string,
  row: Row,
  { rounds, most }: { readonly rounds: number; readonly most: number },
): Promise<readonly Figures[]> {
  const directory = mkdtempSync(join(PLACE, 'kleenet-bench-'));
  // An interrupted run ends with this event, too; its agents end when they lose their connection.
  const remove = (): void => rmSync(directory, { recursive: true, force: true });
  process.once('exit', remove);
  const contestants = Object.keys(row.tasks) as Contestant[];
  const agents = pointsOf(row).flatMap((point) =>
    contestants.map((contestant) => new Agent({ id, contestant, point, directory, most })),
  );
  try {
    await setUp(agents);
    for (let round = 0; round < Math.min(rounds, row.rounds ?? rounds); round += 1)
      for (const agent of rotated(agents, round)) await agent.round();
    await Promise.all(agents.map((agent) => agent.end()));
    return agents.map((agent) => agent.figures());
  } finally {
    await Promise.all(agents.map((agent) => agent.kill()));
    process.off('exit', remove);
    remove();
  }
}

async function setUp(agents: readonly Agent[]): Promise<void> {
  const waiting = [...agents];
  const work = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) await next.setUp();
  };
  await Promise.all(Array.from({ length: availableParallelism() }, work));
}

interface AgentOptions {
  readonly id: string;
  readonly contestant: Contestant;
  readonly point: number;
  readonly directory: string;
  readonly most: number;
}

class Agent {
  readonly #contestant: Contestant;
  readonly #point: number;
  readonly #process: ChildProcess;
  readonly #ended: Promise<void>;
  readonly #values: number[] = [];
  #failed: string | undefined;

  constructor({ id, contestant, point, directory, most }: AgentOptions) {
    this.#contestant = contestant;
    this.#point = point;
    const program = join(import.meta.dirname, 'agent.ts');
    const own = join(directory, `${contestant}-${point}`);
    const words = [id, contestant, String(point), own, String(most)];
    this.#process = spawn(
      join(ROOT, 'script/in-namespaces'),
      [process.execPath, ...process.execArgv, program, ...words],
      { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] },
    );
    this.#ended = new Promise((resolve) => this.#process.once('exit', () => resolve()));
  }

  setUp(): Promise<void> {
    return this.#ask('set up');
  }

  async round(): Promise<void> {
    if (this.#failed === undefined) await this.#ask('round');
  }

  async end(): Promise<void> {
    if (this.#failed === undefined) await this.#ask('end');
  }

  figures(): Figures {
    const figures = { contestant: this.#contestant, point: this.#point, values: this.#values };
    return this.#failed === undefined ? figures : { ...figures, failed: this.#failed };
  }

  /** Its namespaces, and all processes in them, end with it. */
  async kill(): Promise<void> {
    this.#process.kill('SIGKILL');
    await this.#ended;
  }

  async #ask(request: Request): Promise<void> {
    const answered = new Promise<Answer>((resolve) => {
      this.#process.once('message', (answer: Answer) => resolve(answer));
      void this.#ended.then(() => resolve({ failed: 'its process ended' }));
    });
    // It may have ended: without a callback, that would be thrown here and end the whole run.
    this.#process.send(request, () => undefined);
    const { value, failed } = await answered;
    if (value !== undefined) this.#values.push(value);
    this.#failed ??= failed;
  }
}
