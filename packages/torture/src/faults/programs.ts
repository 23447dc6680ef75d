/** Programs that stand before those of the host: they note each call, or let one of them fail. */
import {
  accessSync,
  appendFileSync,
  constants,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { Call, CallFault } from './calls.ts';
import { callsOf, planOf } from './calls.ts';

const SCRIPT = join(import.meta.dirname, 'stand-before');
const SYSTEM_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export class HostPrograms {
  /** Comes first where programs are looked for. */
  readonly path: string;
  readonly #state: string;

  constructor() {
    this.path = mkdtempSync('/run/before-');
    this.#state = join(this.path, '.state');
    mkdirSync(this.#state);
    mkdirSync(join(this.path, '.real'));
    const script = join(this.path, '.stand-before');
    copyFileSync(SCRIPT, script);
    for (const [name, real] of programs()) {
      symlinkSync(real, join(this.path, '.real', name));
      symlinkSync(script, join(this.path, name));
    }
  }

  record(): void {
    this.#plan('record');
  }

  /** What was called since {@link record}. */
  recorded(): readonly Call[] {
    const calls = join(this.#state, 'calls');
    return existsSync(calls) ? callsOf(readFileSync(calls, 'utf8')) : [];
  }

  arm(fault: CallFault): void {
    this.#plan(planOf(fault));
  }

  /** Lets each program of the host write files of any length, where klee itself may not. */
  raiseLimits(): void {
    this.#plan('raise');
  }

  /** The command that got the fault, if it came to that. */
  fired(): string | undefined {
    const fired = join(this.#state, 'fired');
    return existsSync(fired) ? readFileSync(fired, 'utf8').trim() : undefined;
  }

  disarm(): void {
    for (const name of readdirSync(this.#state))
      rmSync(join(this.#state, name), { recursive: true });
  }

  /** Renamed into its place, since others read it at any time. */
  #plan(text: string): void {
    this.disarm();
    appendFileSync(join(this.#state, 'calls'), '');
    const plan = join(this.#state, 'plan');
    writeFileSync(`${plan}.new`, `${text}\n`);
    renameSync(`${plan}.new`, plan);
  }
}

/** The programs of the host by name, as the first directory of PATH has them. Node runs klee itself. */
function programs(): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const folder of `${process.env['PATH'] ?? ''}:${SYSTEM_PATH}`.split(':')) {
    if (folder === '' || !existsSync(folder)) continue;
    for (const name of readdirSync(folder)) {
      const path = join(folder, name);
      if (!found.has(name) && name !== 'node' && isExecutable(path)) found.set(name, path);
    }
  }
  return found;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch (error) {
    if (['ENOENT', 'EACCES', 'ELOOP'].includes((error as NodeJS.ErrnoException).code ?? ''))
      return false;
    throw error;
  }
}
