/** The scripts around an OCI runtime, run for real: with the shells that are here, and a stand-in for the runtime. */
import assert from 'node:assert/strict';
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'uvu';
import type { Argv, CommandResult } from '@kleenet/core';
import { quoteCommand } from '@kleenet/platform/runner';
import { LOG_LIMIT } from '../src/container/log.ts';
import type { RunPaths } from '../src/linux/layout.ts';
import { layoutOf } from '../src/linux/layout.ts';
import { RUNTIME_STATE, runtimeCommand } from '../src/linux/runtime.ts';
import {
  awaitArgv,
  endArgv,
  execArgv,
  execDetachedArgv,
  launchArgv,
  lifeArgv,
  startedHook,
  superviseArgv,
} from '../src/linux/supervisor.ts';
import { relayFor } from '../src/linux/terminal.ts';
import { until } from '../../core/test/support/waiting.ts';
import { inForeground, isGone, orphaned, pidIn } from './support/processes.ts';
import { RUNTIME } from './support/scripts/embedded.ts';
import { SHELLS, standInHost } from './support/stand-ins.ts';
import type { StandInHost } from './support/stand-ins.ts';

const ID = 'standin00001';
const NO_TERMINAL = relayFor(false, false, undefined);

interface World extends StandInHost {
  readonly paths: RunPaths;
  readonly log: string;
  readonly runtime: string;
  /** Written to by the reap command. */
  readonly reaped: string;
  read(argv: Argv): Promise<CommandResult>;
  /** Makes the bundle of a command. */
  prepare(command: string): Promise<void>;
  /** Prepares and starts a detached run. */
  launch(command: string, logLimit?: number): Promise<CommandResult>;
  supervised(mode: 'foreground'): Argv;
  end(signal?: string, grace?: number): Promise<CommandResult>;
  /** The process that the runtime has started. */
  pid(): number;
}

/** Whether the runtime stays with a detached command, or a process of the host adopts what it leaves behind. */
type Way = 'stays' | 'leaves';

function world(shell: string, way: Way): World {
  const host = standInHost(shell);
  // Takes the place of perl(1), and prepares nothing.
  if (way === 'stays') host.program('perl', 'shift 4; exec "$@"');
  const paths = layoutOf(join(host.directory, "it's")).run(ID, 'run1');
  mkdirSync(paths.bundle, { recursive: true });
  const log = join(host.directory, 'log');
  const reaped = join(host.directory, 'reaped');
  const runtime = host.program('runtime', RUNTIME.text);
  const state = join(host.directory, 'containers');
  const run = (argv: Argv): Promise<CommandResult> =>
    host.commands.read(withState(argv, state), { accept: 'any', timeout: 300_000 });
  const request = {
    runtime,
    paths,
    name: `klee-${ID}`,
    reap: ['sh', '-c', 'echo "$*" >>"$0"', reaped, "it's", '$HOME', '*'],
    relay: NO_TERMINAL,
    log,
    logLimit: LOG_LIMIT,
  };
  const prepare = async (command: string): Promise<void> => {
    writeFileSync(join(paths.bundle, 'command'), command);
    const { args } = startedHook(paths);
    writeFileSync(join(paths.bundle, 'hook'), quoteCommand(args));
    await host.commands.change(lifeArgv(paths));
    writeFileSync(paths.config, '{}');
  };
  return {
    ...host,
    paths,
    log,
    runtime,
    reaped,
    read: run,
    prepare,
    async launch(command, logLimit = LOG_LIMIT) {
      await prepare(command);
      return run(launchArgv({ ...request, logLimit, architecture: process.arch }));
    },
    supervised: (mode) => withState(superviseArgv({ ...request, mode }), state),
    end(signal, grace = 5000) {
      const asked = signal === undefined ? {} : { signal };
      return run(endArgv({ runtime, paths, containerId: ID, grace, ...asked }));
    },
    pid: () => pidIn(paths.pid),
  };
}

/** A command line about the state of the runtime that stands in, where that keeps it. */
function withState([program, ...words]: Argv, state: string): Argv {
  return [program, ...words.map((word) => (word === RUNTIME_STATE ? state : word))];
}

/** One test in a world of its own, with each shell and way. */
function each(name: string, body: (world: World) => Promise<void>): void {
  for (const shell of SHELLS)
    for (const way of ['stays', 'leaves'] as const) eachIn(shell, way, name, body);
}

function eachIn(
  shell: string,
  way: Way,
  name: string,
  body: (world: World) => Promise<void>,
): void {
  test(`${basename(shell)}, the runtime ${way}: ${name}`, async () => {
    const made = world(shell, way);
    try {
      await body(made);
    } finally {
      made.program('timeout', undefined);
      await made.end();
      made.dispose();
    }
  });
}

const text = (path: string): string => (existsSync(path) ? readFileSync(path, 'utf8') : '');

each('a detached command runs on, and its status and output are kept', async (w) => {
  const old = join(w.paths.bundle, '..', 'run-older.status');
  writeFileSync(old, '1\n');
  const started = await w.launch('echo out; echo err >&2; sleep 0.3; exit 42');
  assert.deepEqual([started.status, started.stderr], [0, '']);
  await until('a status', () => text(w.paths.status) === '42\n');
  assert.equal(text(w.log), 'out\nerr\n');
  assert.equal(existsSync(old), false);
  await until('a reap', () => text(w.reaped) !== '');
  assert.equal(text(w.reaped), "it's $HOME *\n");
});

each('the status is there when the reader of the FIFO finds its end', async (w) => {
  await w.launch('sleep 0.5; exit 3');
  await w.read(['cat', w.paths.life]);
  assert.equal(text(w.paths.status), '3\n');
});

each('a command that closes its output is waited for', async (w) => {
  await w.launch('exec >/dev/null 2>&1; sleep 1; kill -s SEGV $$');
  await until('a reap', () => text(w.reaped) !== '');
  assert.equal(text(w.paths.status), '139\n');
});

each('a run is not reaped by a supervisor whose run another klee ends', async (w) => {
  await w.launch('exec sleep 60');
  assert.equal((await w.end('TERM')).status, 0);
  assert.equal(text(w.paths.status), '143\n');
  assert.ok(isGone(w.pid()));
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(existsSync(w.reaped), false);
});

each('a command that hears the signal ends at once', async (w) => {
  const ready = join(w.directory, 'ready');
  await w.launch(`trap 'exit 5' TERM; : >'${ready}'; while :; do sleep 0.05; done`);
  await until('the trap', () => existsSync(ready));
  const before = Date.now();
  assert.equal((await w.end('TERM', 60_000)).status, 0);
  assert.ok(Date.now() - before < 30_000);
  assert.equal(text(w.paths.status), '5\n');
});

each('a command that ignores the signal is killed when the grace is over', async (w) => {
  const ready = join(w.directory, 'ready');
  await w.launch(`trap '' TERM; : >'${ready}'; while :; do sleep 0.1; done`);
  await until('the trap', () => existsSync(ready));
  const before = Date.now();
  assert.equal((await w.end('TERM', 700)).status, 0);
  assert.ok(Date.now() - before >= 650);
  assert.equal(text(w.paths.status), '137\n');
});

each('the log keeps the newest lines in two files of half the limit', async (w) => {
  await w.launch('seq 20000', 65_536);
  await until('a status', () => text(w.paths.status) === '0\n');
  for (const file of [w.log, `${w.log}.1`]) assert.ok(statSync(file).size <= 32_768, file);
  assert.match(text(`${w.log}.1`) + text(w.log), /\n19999\n20000\n$/);
});

each('a log that cannot be written is a start that fails', async (w) => {
  mkdirSync(w.log);
  const { status } = await w.launch(`: >'${w.directory}/ran'`);
  assert.equal(status, 125);
  assert.equal(existsSync(join(w.directory, 'ran')), false);
});

each('a runtime that cannot create the container is a start that fails', async (w) => {
  writeFileSync(join(w.paths.bundle, 'fails'), '');
  const { status, stderr } = await w.launch('true');
  assert.equal(status, 125);
  assert.match(stderr, /^level=error msg="no such rootfs"$/m);
  assert.equal(existsSync(w.paths.status), false);
  assert.equal(existsSync(w.reaped), false);
});

each('a run that is ended before it has begun starts nothing', async (w) => {
  assert.equal((await w.end()).status, 0);
  const { status } = await w.launch(`: >'${w.directory}/ran'`);
  assert.equal(status, 125);
  assert.equal(existsSync(join(w.directory, 'ran')), false);
});

each('a runtime that hangs keeps a start waiting, and ending says so', async (w) => {
  writeFileSync(join(w.paths.bundle, 'hangs'), '');
  let over = false;
  const starting = w.launch('true').finally(() => (over = true));
  const hanging = join(w.paths.bundle, 'hanging');
  await until('the runtime', () => text(hanging) !== '');
  // It would be waited for 20 seconds.
  w.program('timeout', 'exit 124');
  const { status, stderr } = await w.end();
  assert.equal(status, 1);
  assert.match(stderr, /^the supervisor in .* does not end$/m);
  assert.equal(over, false);
  process.kill(pidIn(hanging), 'SIGKILL');
  assert.equal((await starting).status, 125);
});

each('a killed supervisor leaves a command that can be ended', async (w) => {
  await w.launch('exec sleep 60');
  process.kill(pidIn(join(w.paths.bundle, 'parent')), 'SIGKILL');
  assert.equal(isGone(w.pid()), false);
  assert.equal((await w.end('TERM')).status, 0);
  assert.ok(isGone(w.pid()));
  assert.equal(existsSync(w.paths.status), false);
});

each('a supervisor that is killed before the start ends the waiting', async (w) => {
  writeFileSync(join(w.paths.bundle, 'hangs'), '');
  const starting = w.launch('true');
  const hanging = join(w.paths.bundle, 'hanging');
  await until('the runtime', () => text(hanging) !== '');
  process.kill(pidIn(join(w.paths.bundle, 'parent')), 'SIGKILL');
  process.kill(pidIn(hanging), 'SIGKILL');
  assert.equal((await starting).status, 125);
});

each('ending what has ended, or has no bundle, is fine', async (w) => {
  await w.launch('true');
  await until('a reap', () => existsSync(w.reaped));
  assert.equal((await w.end('TERM')).status, 0);
  await w.commands.change(['rm', '-r', w.paths.bundle]);
  assert.equal((await w.end('TERM')).status, 0);
});

each('a foreground command has the streams, and klee reaps it', async (w) => {
  await w.prepare('read -r x; echo "got $x"; exit 9');
  const { ended } = inForeground(w.supervised('foreground'), w.environment);
  assert.equal((await w.read(awaitArgv(w.paths))).status, 0);
  assert.deepEqual(await ended, { status: 9, output: 'got typed\n' });
  assert.equal(text(w.paths.status), '9\n');
  assert.equal(existsSync(w.reaped), false);
  assert.equal(existsSync(w.log), false);
});

each('the supervisor of a foreground command outlives signals to it', async (w) => {
  await w.prepare('sleep 0.5; exit 4');
  const { pid, ended } = inForeground(w.supervised('foreground'), w.environment);
  assert.equal((await w.read(awaitArgv(w.paths))).status, 0);
  for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP']) process.kill(pid, signal);
  assert.equal((await ended).status, 4);
});

each('a foreground run whose klee is gone is reaped by its supervisor', async (w) => {
  await w.prepare('sleep 0.5');
  await orphaned(w.supervised('foreground'), w.environment);
  await until('a reap', () => existsSync(w.reaped));
});

each('waiting for a foreground run that cannot begin ends', async (w) => {
  writeFileSync(join(w.paths.bundle, 'fails'), '');
  await w.prepare('true');
  let isOver = false;
  const waiting = w.read(awaitArgv(w.paths)).finally(() => (isOver = true));
  const { ended } = inForeground(w.supervised('foreground'), w.environment);
  assert.equal((await ended).status, 125);
  // On a busy machine the run may be over before the waiting begins: klee gives up then, and here another one ends.
  await until('the waiting is over', () => {
    if (!isOver) openAndClose(w.paths.life);
    return isOver;
  });
  assert.equal((await waiting).status, 1);
});

/** Ends whoever reads from a FIFO; nothing where nothing does yet. */
function openAndClose(path: string): void {
  try {
    closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK));
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENXIO')) throw error;
  }
}

each('a further command has its status, and the log tells of the runtime', async (w) => {
  const log = join(w.paths.bundle, 'exec.log');
  const command = (...words: readonly string[]): Argv =>
    runtimeCommand(w.runtime, ['exec', 'name', ...words], log);
  const exec = async (...words: readonly string[]): Promise<number> =>
    (await w.read(execArgv(log, command(...words), NO_TERMINAL))).status;
  assert.equal(await exec('sh', '-c', 'exit 7'), 7);
  assert.equal(await exec('sh', '-c', 'exit 127'), 127);
  assert.deepEqual(readdirSync(w.paths.bundle), []);
  assert.equal(await exec('missing'), 125);
  assert.match(text(log), /executable file not found/);
  const detached = await w.read(execDetachedArgv(log, command('missing')));
  assert.equal(detached.status, 1);
  assert.match(detached.stderr, /executable file not found/);
  assert.deepEqual(readdirSync(w.paths.bundle), []);
});

test.run();
