/** klee on a host of its own, the simulated one or another: in this process, which is fast, or in one of its own. */
import { spawn } from 'node:child_process';
import type { ChildProcess, StdioOptions } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { PlatformName } from '@kleenet/core';
import { main } from '../../src/main.ts';
import type { CallingProcess } from '../../src/calling-process.ts';
import { Signals } from '../../src/signals.ts';

export interface Finished {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export class World {
  readonly root: string;
  /** The state directory. */
  readonly directory: string;
  readonly environment: Record<string, string | undefined>;

  constructor(platform: PlatformName = 'memory', place: string = tmpdir()) {
    this.root = mkdtempSync(join(place, 'klee-test-'));
    this.directory = join(this.root, 'state');
    this.environment = { KLEE_ROOT: this.directory, KLEE_PLATFORM: platform };
  }

  /** Runs a command line in this process. */
  async klee(
    words: string | readonly string[],
    parts: Partial<CallingProcess> = {},
  ): Promise<Finished> {
    const printed: string[] = [];
    const noted: string[] = [];
    const output = {
      print: (text: string) => void printed.push(`${text}\n`),
      note: (text: string) => void noted.push(`${text}\n`),
    };
    const status = await main({
      words: typeof words === 'string' ? words.split(' ') : words,
      environment: this.environment,
      system: 'linux',
      pid: process.pid,
      uid: process.geteuid?.() ?? 0,
      user: () => undefined,
      output,
      signals: new Signals(output.note),
      self: ['klee'],
      directory: () => this.root,
      ask: () => Promise.resolve(true),
      ...parts,
    });
    return { status, stdout: printed.join(''), stderr: noted.join('') };
  }

  /** Runs a command line that must succeed, and gives what it prints. */
  async ok(words: string | readonly string[]): Promise<string> {
    const { status, stdout, stderr } = await this.klee(words);
    if (status !== 0) throw new Error(`klee ${String(words)} exited ${status}: ${stderr}`);
    return stdout.trimEnd();
  }

  /** Runs a command line that must succeed, and parses what it prints. */
  async json<T>(words: string | readonly string[]): Promise<T> {
    return JSON.parse(await this.ok(words)) as T;
  }

  remove(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** klee as the last build made it, which starts in a sixth of the time that its sources need. */
export const KLEE: string = join(import.meta.dirname, '../../../../bin/klee');

/** Starts klee as a process, on the runtime that KLEE_RUNTIME chooses. */
export function spawnKlee(
  words: readonly string[],
  environment: Record<string, string | undefined>,
  stdio: StdioOptions = ['ignore', 'pipe', 'pipe'],
): ChildProcess {
  return spawn(KLEE, words, {
    env: { ...process.env, ...environment },
    stdio,
  });
}

/** Waits for its end. */
export async function finished(child: ChildProcess): Promise<Finished> {
  let [stdout, stderr] = ['', ''];
  child.stdout?.on('data', (data) => (stdout += data));
  child.stderr?.on('data', (data) => (stderr += data));
  const status = await new Promise<number>((resolve) =>
    child.once('close', (code) => resolve(code ?? -1)),
  );
  return { status, stdout, stderr };
}
