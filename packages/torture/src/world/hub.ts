/** Where the agents report: each has a connection of its own, by which it is told what to ask. */
import { createServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { createInterface } from 'node:readline';
import type { Question } from './places.ts';

/** A question, and whether it must be answered: how long to wait depends on that. */
export interface Asked extends Question {
  readonly answers: boolean;
}

interface Flow extends Question {
  readonly flow: number;
}

interface Message {
  readonly hello?: string;
  readonly id?: number;
  readonly answers?: readonly string[];
}

/** What does not answer within that time, in milliseconds, does not answer. */
const LEAST = 250;
const MOST = 2_000;

export class Hub {
  readonly path: string;
  readonly #server: Server;
  readonly #agents = new Map<string, Socket>();
  readonly #waiting = new Map<number, (answers: readonly string[]) => void>();
  #ids = 0;

  constructor(path: string) {
    this.path = path;
    this.#server = createServer((socket) => this.#welcome(socket));
  }

  listen(): Promise<void> {
    return new Promise((resolve) => this.#server.listen(this.path, resolve));
  }

  close(): void {
    for (const socket of this.#agents.values()) socket.destroy();
    this.#server.close();
  }

  #welcome(socket: Socket): void {
    let label: string | undefined;
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      if (label !== undefined && this.#agents.get(label) === socket) this.#agents.delete(label);
    });
    const lines = createInterface({ input: socket });
    // The interface passes the errors of its input on, which the socket has answered already.
    lines.on('error', () => undefined);
    lines.on('line', (line) => {
      const { hello, id, answers } = JSON.parse(line) as Message;
      if (hello !== undefined) {
        label = hello;
        this.#agents.set(hello, socket);
      }
      if (id !== undefined) this.#waiting.get(id)?.(answers ?? []);
    });
  }

  /** Waits until these agents answer. Answers those that do not in time. */
  async missing(labels: readonly string[], most = 20_000): Promise<readonly string[]> {
    const late = async (label: string): Promise<string[]> => {
      const end = Date.now() + most;
      while (Date.now() < end) {
        if (this.#agents.has(label) && (await this.#tell(label, { say: [] }, 1_000)) !== undefined)
          return [];
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
      return [label];
    };
    return (await Promise.all(labels.map(late))).flat();
  }

  /** Asks all questions at once, and gives the answers in their order: empty where there was none. */
  async ask(questions: readonly Asked[]): Promise<readonly string[]> {
    const answers = questions.map(() => '');
    const askers = group(questions);
    await Promise.all(
      [...askers].map(async ([from, indices]) => {
        const own = indices.map((index) => questions[index]);
        const ask = { questions: own, least: LEAST, most: MOST };
        const said = (await this.#tell(from, { ask }, MOST + 10_000)) ?? [];
        indices.forEach((index, place) => (answers[index] = said[place] ?? ''));
      }),
    );
    return answers;
  }

  /** Opens a connection that stays, and answers the greeting. */
  async open(flow: Flow): Promise<string> {
    return (await this.#tell(flow.from, { open: flow }, 5_000))?.[0] ?? '';
  }

  /** Says something on connections of one agent, and gives what came back. */
  async say(
    from: string,
    flows: readonly { flow: number; most: number }[],
  ): Promise<readonly string[]> {
    return (await this.#tell(from, { say: flows }, 10_000)) ?? flows.map(() => '');
  }

  #tell(label: string, message: object, most: number): Promise<readonly string[] | undefined> {
    const socket = this.#agents.get(label);
    if (socket === undefined) return Promise.resolve(undefined);
    this.#ids += 1;
    const id = this.#ids;
    return new Promise((resolve) => {
      const done = (answers: readonly string[] | undefined): void => {
        clearTimeout(timer);
        this.#waiting.delete(id);
        resolve(answers);
      };
      const timer = setTimeout(() => done(undefined), most);
      this.#waiting.set(id, done);
      socket.write(`${JSON.stringify({ id, ...message })}\n`);
    });
  }
}

function group(questions: readonly Question[]): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  questions.forEach(({ from }, index) => {
    const own = groups.get(from);
    if (own === undefined) groups.set(from, [index]);
    else own.push(index);
  });
  return groups;
}
