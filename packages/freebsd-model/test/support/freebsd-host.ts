/** A modelled FreeBSD host for programs: its state is a file, and what is not modelled runs on this machine. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { HostOptions } from '../../src/new-host.ts';
import { newHost, restart } from '../../src/new-host.ts';
import type { Machine } from '../../src/machine.ts';
import { askProgram } from '../../src/program/carry.ts';
import { makeShims, shimsOf } from '../../src/program/shims.ts';
import { withHost } from '../../src/program/state-file.ts';
import type { HostState } from '../../src/state.ts';

export interface ProgramHost {
  /** Where everything of this host is; a good place for the state of klee, too. */
  readonly directory: string;
  /** For `KLEE_COMMAND_PREFIX`. */
  readonly prefix: readonly [string];
  /** Where FreeBSD's programs are found: to be first in PATH. */
  readonly shims: string;
  state(): HostState;
  /** Changes the host while no program does. */
  change<T>(work: (machine: Machine) => T): Promise<T>;
  /** The kernel begins anew, and all processes end; files stay. */
  reboot(): Promise<void>;
  /** Ends what runs in jails, and removes everything. */
  dispose(): Promise<void>;
}

let bundled: Promise<string> | undefined;

/** Builds the model's program once for all hosts of this process; it is removed with the process. */
function program(): Promise<string> {
  bundled ??= bundle();
  return bundled;
}

async function bundle(): Promise<string> {
  const directory = mkdtempSync(join(tmpdir(), 'freebsd-host-program-'));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  const outfile = join(directory, 'freebsd-host.cjs');
  await build({
    entryPoints: [join(import.meta.dirname, 'freebsd-host-main.ts')],
    outfile,
    bundle: true,
    // Node.js 20 needs 5 ms to get its loader for ES modules ready.
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    conditions: ['@kleenet/source'],
    minify: true,
    logLevel: 'error',
  });
  return outfile;
}

/** Makes a new host. */
export async function buildFreebsdHost(options: HostOptions = {}): Promise<ProgramHost> {
  const directory = mkdtempSync(join(tmpdir(), 'freebsd-host-'));
  const statePath = join(directory, 'host.json');
  writeFileSync(statePath, JSON.stringify(newHost(Date.now(), options)));
  const prefix = makeShims({
    statePath,
    carry: askProgram([process.execPath, await program()], statePath),
    missing: options.missing ?? [],
  });
  const file = { path: statePath, kill };
  return {
    directory,
    prefix,
    shims: shimsOf(statePath),
    state: () => JSON.parse(readFileSync(statePath, 'utf8')) as HostState,
    change: (work) => withHost(file, work),
    reboot: () =>
      withHost(file, (machine) => {
        for (const { pid } of machine.state.processes) kill(pid, 'SIGKILL');
        restart(machine.state, machine.now());
      }),
    async dispose() {
      await withHost(file, ({ state }) => {
        for (const { pid } of state.processes) kill(pid, 'SIGKILL');
      });
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function kill(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    // It has ended by itself.
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
