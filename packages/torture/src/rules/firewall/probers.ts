/** The probers of a host: one process in the namespace of each place that sends or receives packets. */
import { spawn } from 'node:child_process';
import type { ChildProcessByStdio } from 'node:child_process';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { createInterface } from 'node:readline';
import type { Question } from '../../world/places.ts';

const PROGRAM = join(import.meta.dirname, 'prober.py');

/** A question with an address of its own, if it is not to be asked from the usual one. */
export interface Asking extends Question {
  readonly source?: string;
  /** Whether an answer must come. How long to wait depends on that. */
  readonly answers: boolean;
}

export interface Sending {
  readonly device: string;
  readonly hex: string;
}

/** How long to wait, in milliseconds: for what must not come, and for what must. */
export interface Patience {
  readonly least: number;
  readonly most: number;
}

type Order =
  | ({ readonly ask: readonly Asking[] } & Patience)
  | { readonly send: readonly Sending[] }
  | { readonly forget: true }
  | { readonly notes: true };

interface PromiseWithEnds {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class Prober {
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting = new Map<number, PromiseWithEnds>();
  readonly ready: Promise<unknown>;
  #ids = 0;

  /** In a named network namespace, or on the host. */
  constructor(label: string, netns: string | undefined, ports: readonly (number | string)[]) {
    const prefix = netns === undefined ? [] : ['ip', 'netns', 'exec', netns];
    const [program = '', ...words] = [...prefix, 'python3', PROGRAM, label, ...ports.map(String)];
    this.#child = spawn(program, words, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.ready = this.#answer(0);
    createInterface({ input: this.#child.stdout }).on('line', (line) => {
      const { id, value } = JSON.parse(line) as { id: number; value: unknown };
      this.#waiting.get(id)?.resolve(value);
      this.#waiting.delete(id);
    });
    this.#child.once('exit', (status) => {
      for (const { reject } of this.#waiting.values())
        reject(new Error(`the prober ${label} ended with status ${status}`));
    });
  }

  async ask(ask: readonly Asking[], patience: Patience): Promise<readonly string[]> {
    return (await this.#tell({ ask, ...patience })) as readonly string[];
  }

  async send(send: readonly Sending[]): Promise<void> {
    await this.#tell({ send });
  }

  /** Forgets neighbours and notes. */
  async forget(): Promise<void> {
    await this.#tell({ forget: true });
  }

  /** What arrived here since then. */
  async notes(): Promise<readonly string[]> {
    return (await this.#tell({ notes: true })) as readonly string[];
  }

  close(): void {
    this.#child.kill('SIGKILL');
  }

  #tell(order: Order): Promise<unknown> {
    this.#ids += 1;
    this.#child.stdin.write(`${JSON.stringify({ id: this.#ids, ...order })}\n`);
    return this.#answer(this.#ids);
  }

  #answer(id: number): Promise<unknown> {
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }
}
