/** Listeners at all places: which numbers of frames they have seen. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Place } from './places.ts';

const PYTHON = '/usr/bin/python3';

export class Taps {
  readonly #script: string;
  readonly #seed: number;
  readonly #children: ChildProcess[] = [];
  readonly #seen = new Map<number, Set<Place>>();
  #failed: Error | undefined;

  constructor(script: string, seed: number) {
    this.#script = script;
    this.#seed = seed;
  }

  /** Listens in a network namespace, or in ours. */
  async open(namespace: string | undefined, places: readonly string[]): Promise<void> {
    const prefix = namespace === undefined ? [] : ['ip', 'netns', 'exec', namespace];
    const argv = [...prefix, PYTHON, this.#script, String(this.#seed), ...places];
    const child = spawn(argv[0] ?? '', argv.slice(1), { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#children.push(child);
    child.once('exit', (status) => {
      if (status !== null) this.#failed = new Error(`${argv.join(' ')} exited ${status}`);
    });
    await new Promise<void>((resolve, reject) => {
      child.once('exit', () => reject(new Error(`${argv.join(' ')} has ended`)));
      createInterface({ input: child.stdout }).on('line', (line) => {
        if (line === 'ready') resolve();
        else this.#hear(line);
      });
    });
  }

  #hear(line: string): void {
    const { place = '', what = '' } =
      /^(?<place>.+) (?<what>\d+|lost \d+)$/.exec(line)?.groups ?? {};
    if (what.startsWith('lost')) this.#failed = new Error(`the tap at ${place} ${what} frames`);
    const places = this.#seen.get(Number(what)) ?? new Set();
    this.#seen.set(Number(what), places.add(place as Place));
  }

  /** Where a frame was seen so far. */
  placesOf(number: number): ReadonlySet<Place> {
    if (this.#failed !== undefined) throw this.#failed;
    return this.#seen.get(number) ?? new Set();
  }

  /** All frames that were seen somewhere. */
  seen(): ReadonlyMap<number, ReadonlySet<Place>> {
    if (this.#failed !== undefined) throw this.#failed;
    return this.#seen;
  }

  close(): void {
    for (const child of this.#children) child.kill('SIGKILL');
  }
}
