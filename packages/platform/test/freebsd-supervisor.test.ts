/** The scripts around commands in jails, run for real: with the shells that are here, and stand-ins for FreeBSD's programs. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { test } from 'uvu';
import type { Argv, CommandResult } from '@kleenet/core';
import {
  awaitArgv,
  endArgv,
  enterArgv,
  execArgv,
  findWords,
  launchArgv,
  overArgv,
  signalArgv,
  statusArgv,
  superviseArgv,
} from '../src/freebsd/supervisor.ts';
import { LOG_LIMIT } from '../src/container/log.ts';
import type { RunPaths } from '../src/freebsd/layout.ts';
import { jailHost } from './support/jail-programs.ts';
import type { JailHost } from './support/jail-programs.ts';
import { until } from '../../core/test/support/waiting.ts';
import { inForeground, isGone, orphaned, pidIn } from './support/processes.ts';
import { SHELLS } from './support/stand-ins.ts';

const JAIL = 'klee-000000000001';
const ENV = ['PATH=/usr/bin:/bin', 'HOME=/root'];

interface World extends JailHost {
  readonly paths: RunPaths;
  readonly log: string;
  /** Written to by the reap command of {@link launch}. */
  readonly reaped: string;
  read(argv: Argv): Promise<CommandResult>;
  launch(command: readonly string[], reap?: readonly string[]): Promise<CommandResult>;
  end(signal?: string, grace?: number): Promise<CommandResult>;
  logged(): string;
}

function world(shell: string): World {
  const host = jailHost(shell);
  const directory = join(host.directory, "run-it's 1");
  mkdirSync(directory);
  host.createJail(JAIL);
  const paths = { directory, status: `${directory}.status` };
  const log = join(host.directory, 'log');
  const reaped = join(host.directory, 'reaped');
  // Waiting 200 times for processes that do not end takes long on a busy machine.
  const run = (argv: Argv): Promise<CommandResult> =>
    host.commands.read(argv, { accept: 'any', timeout: 300_000 });
  return {
    ...host,
    paths,
    log,
    reaped,
    read: run,
    launch: (command, reap = ['sh', '-c', 'echo "$*" >>"$0"', reaped, 'c', 'r']) => {
      const entry = { words: [JAIL, ...command], env: ENV };
      return run(launchArgv({ paths, jail: JAIL, log, logLimit: LOG_LIMIT, entry, reap }));
    },
    end: (signal, grace = 5000) =>
      run(endArgv({ paths, jail: JAIL, grace, ...(signal === undefined ? {} : { signal }) })),
    logged: () => readFileSync(log, 'utf8'),
  };
}

/** One test in a world of its own, with each shell. */
function each(name: string, body: (world: World) => Promise<void>): void {
  for (const shell of SHELLS) {
    test(`${basename(shell)}: ${name}`, async () => {
      const made = world(shell);
      try {
        await body(made);
      } finally {
        await made.end();
        made.dispose();
      }
    });
  }
}

each('a command gets its words and its environment, and nothing of the host', async (w) => {
  const words = ["it's", '$HOME', '*', '', 'a b', ';true', '-n'];
  const entry = {
    words: [JAIL, 'sh', '-c', 'for w; do printf "[%s]" "$w"; done; /usr/bin/env', 'sh', ...words],
    // The stand-in for jexec is a shell, which passes no such name on: only that env(1) takes it for one is seen.
    env: ['-u=odd', 'PATH=/usr/bin:/bin', 'A=b c', 'B=$(x)\n'],
  };
  const { status, stdout } = await w.read(enterArgv(entry));
  assert.equal(status, 0);
  assert.match(stdout, /^\[it's\]\[\$HOME\]\[\*\]\[\]\[a b\]\[;true\]\[-n\]/);
  for (const expected of ['A=b c', 'B=$(x)', 'PATH=/usr/bin:/bin'])
    assert.ok(stdout.includes(expected), expected);
  assert.doesNotMatch(stdout, /HOST_SECRET/);
});

each("the log is the command's: no shell says there that a signal ended it", async (w) => {
  assert.equal((await w.launch(['sh', '-c', 'echo out; echo err >&2; exec sleep 60'])).status, 0);
  await until('the command has written', () => w.logged() === 'out\nerr\n');
  assert.equal((await w.end('TERM')).status, 0);
  assert.equal((await w.read(statusArgv(w.paths, JAIL))).stdout, '143\n');
  assert.equal(w.logged(), 'out\nerr\n');
});

each("jexec is the host's own, whatever the PATH of the container says", async (w) => {
  const evil = join(w.directory, 'evil');
  mkdirSync(evil);
  writeFileSync(join(evil, 'jexec'), '#!/bin/sh\necho evil\n', { mode: 0o755 });
  const entry = { words: [JAIL, '/bin/sh', '-c', 'echo "$FAKE_JAIL"'], env: [`PATH=${evil}`] };
  assert.equal((await w.read(enterArgv(entry))).stdout, `${JAIL}\n`);
  const [, ...words] = enterArgv(entry);
  const missing = spawnSync('/bin/sh', words, { env: { PATH: evil.slice(0, -1) } });
  assert.equal(missing.status, 127);
  assert.match(String(missing.stderr), /^klee: the program jexec is not installed$/m);
});

each('programs are found as execvp finds them', async (w) => {
  const bin = join(w.directory, 'in jail');
  mkdirSync(join(bin, 'directory'), { recursive: true });
  writeFileSync(join(bin, 'plain'), '', { mode: 0o644 });
  writeFileSync(join(bin, 'good'), '#!/bin/sh\n', { mode: 0o755 });
  const find = async (program: string, path = `/nowhere:${bin}`): Promise<number> =>
    (await w.read(enterArgv({ words: [JAIL, ...findWords(program)], env: [`PATH=${path}`] })))
      .status;
  assert.equal(await find('good'), 0);
  assert.equal(await find(`${bin}/good`), 0);
  assert.equal(await find('plain'), 126);
  assert.equal(await find('directory'), 126);
  assert.equal(await find('/etc/passwd'), 126);
  for (const missing of ['nothing', './nothing', '*', 'cd', 'good']) {
    assert.equal(await find(missing, '/nowhere'), 127, missing);
  }
});

each('a detached command runs on, and its status and output are kept', async (w) => {
  const started = await w.launch(['sh', '-c', 'echo out; echo err >&2; sleep 0.3; exit 42']);
  assert.equal(started.status, 0, started.stderr);
  assert.match(readFileSync(join(w.paths.directory, 'pid'), 'utf8'), /^\d+\n$/);
  await until('a status', () => existsSync(w.paths.status) && pidIn(w.paths.status) === 42);
  await until('a reap', () => existsSync(w.reaped));
  assert.equal(w.logged(), 'out\nerr\n');
  assert.equal((await w.read(statusArgv(w.paths, JAIL))).stdout, '42\n');
});

each('a run is reaped once, and its words are not parsed', async (w) => {
  const words = ['sh', '-c', 'echo "$@" >>"$0"', w.reaped, "it's", '$HOME', '*'];
  await w.launch(['sh', '-c', 'exit 3'], words);
  await until('a reap', () => existsSync(w.reaped));
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(readFileSync(w.reaped, 'utf8'), "it's $HOME *\n");
});

each('a run is not reaped by a supervisor whose run another klee ends', async (w) => {
  await w.launch(['sleep', '60']);
  assert.equal((await w.end('TERM')).status, 0);
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(existsSync(w.reaped), false);
  assert.equal((await w.read(statusArgv(w.paths, JAIL))).stdout, '143\n');
});

each('a host on which nothing can reap keeps the status all the same', async (w) => {
  await w.launch(['sh', '-c', 'exit 7'], []);
  await until('a status', () => existsSync(w.paths.status) && pidIn(w.paths.status) === 7);
});

each('services that a command has started keep the run alive', async (w) => {
  await w.launch(['sh', '-c', 'sleep 1.5 & exit 0']);
  await until('a status', () => existsSync(w.paths.status));
  await new Promise((resolve) => setTimeout(resolve, 300));
  assert.equal(existsSync(w.reaped), false);
  await until('a reap', () => existsSync(w.reaped));
});

each('what a failed command leaves behind is ended before the run is reaped', async (w) => {
  const left = join(w.directory, 'left');
  await w.launch(['sh', '-c', `sleep 60 & echo $! >'${left}'; exit 1`]);
  await until('a reap', () => existsSync(w.reaped));
  assert.ok(isGone(pidIn(left)));
});

each('a command that ignores the signal is killed when the grace is over', async (w) => {
  const ready = join(w.directory, 'ready');
  const script = `trap '' TERM; : >'${ready}'; while :; do sleep 0.1; done`;
  await w.launch(['sh', '-c', script]);
  await until('the trap', () => existsSync(ready));
  const before = Date.now();
  assert.equal((await w.end('TERM', 700)).status, 0);
  const took = Date.now() - before;
  assert.ok(took >= 600 && took < 5000, `${took} ms`);
  assert.equal((await w.read(statusArgv(w.paths, JAIL))).stdout, '137\n');
});

each('a command that hears the signal ends at once, and the status is there then', async (w) => {
  await w.launch(['sh', '-c', "trap 'exit 5' TERM; while :; do sleep 0.05; done"]);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const before = Date.now();
  assert.equal((await w.end('TERM', 20_000)).status, 0);
  assert.ok(Date.now() - before < 5000);
  assert.equal(readFileSync(w.paths.status, 'utf8'), '5\n');
});

each('ending what has ended, or never began, is fine', async (w) => {
  assert.equal((await w.end('TERM')).status, 0);
  w.removeJail(JAIL);
  rmSync(w.paths.directory, { recursive: true });
  assert.equal((await w.end('TERM')).status, 0);
  assert.equal((await w.read(statusArgv(w.paths, JAIL))).status, 1);
  w.createJail(JAIL);
});

each('a supervisor that comes too late starts nothing', async (w) => {
  await w.end();
  const ran = join(w.directory, 'ran');
  const { status, stderr } = await w.launch(['sh', '-c', `: >'${ran}'`]);
  assert.equal(status, 1);
  assert.match(stderr, /^klee: the supervisor of the command has ended early$/m);
  assert.equal(existsSync(ran), false);
});

each('ending waits for a supervisor that is only about to run the command', async (w) => {
  const jexec = '[ -e "$jails/slow" ] || { : >"$jails/slow"; sleep 1; }\n';
  const ran = join(w.directory, 'ran');
  w.program('jexec', `${jexec}export FAKE_JAIL="$1"\nshift\nexec "$@"\n`);
  const starting = w.launch(['sh', '-c', `: >'${ran}'; sleep 60`]);
  await until('a slow start', () => existsSync(join(w.directory, 'jails', 'slow')));
  assert.equal((await w.end()).status, 0);
  await starting;
  assert.ok(isGone(pidIn(join(w.paths.directory, 'supervisor'))));
  assert.ok(isGone(pidIn(join(w.paths.directory, 'pid'))));
});

each('a run is over by the word of its supervisor, not by who is in the jail', async (w) => {
  const over = async (): Promise<string> =>
    (await w.read(overArgv(dirname(w.directory)))).stdout
      .split('\n')
      .filter((end) => end.startsWith(`${basename(w.directory)}/`))
      .join();
  await w.launch(['sleep', '60'], []);
  assert.equal(await over(), '');
  await w.commands.read(['pkill', '-TERM', '-j', JAIL], { accept: 'any' });
  const visit = (): Promise<void> =>
    assert.rejects(
      w.read(enterArgv({ words: [JAIL, 'sleep', '60'], env: ENV })),
      /failed with status 137/,
    );
  const visitor = visit();
  await until('it is over', () => existsSync(join(w.paths.directory, 'over')));
  const late = visit();
  assert.equal(await over(), `${basename(w.directory)}/${basename(w.paths.directory)}`);
  assert.equal((await w.end()).status, 0);
  await Promise.all([visitor, late]);
});

each('a supervisor is known by the beginning of its command line', async (w) => {
  const request = { paths: w.paths, jail: JAIL, log: w.log, logLimit: LOG_LIMIT, reap: [] };
  const entry = { words: [JAIL, 'sleep', '60'], env: ENV };
  const argv = superviseArgv({ ...request, mode: 'detached', terminal: false, entry });
  const mark = ` klee-supervise ${basename(w.paths.directory)} `;
  assert.ok(argv.join(' ').indexOf(mark) < 200);
  await w.launch(['sleep', '60'], []);
  // Without it, ending is over as soon as the jail is empty: before the supervisor has recorded the end.
  assert.equal((await w.end()).status, 0);
  assert.ok(isGone(pidIn(join(w.paths.directory, 'supervisor'))));
  assert.equal(readFileSync(w.paths.status, 'utf8'), '137\n');
});

each('a killed supervisor leaves a command that can be ended', async (w) => {
  await w.launch(['sleep', '60']);
  process.kill(pidIn(join(w.paths.directory, 'supervisor')), 'SIGKILL');
  const pid = pidIn(join(w.paths.directory, 'pid'));
  assert.equal(isGone(pid), false);
  assert.equal((await w.end('TERM')).status, 0);
  assert.ok(isGone(pid));
  assert.equal((await w.read(statusArgv(w.paths, JAIL))).status, 1);
});

each('the number of a dead supervisor may be another process now', async (w) => {
  writeFileSync(join(w.paths.directory, 'supervisor'), `${process.pid}\n`);
  const before = Date.now();
  assert.equal((await w.end()).status, 0);
  assert.ok(Date.now() - before < 3000);
  writeFileSync(join(w.paths.directory, 'supervisor'), '-1\n');
  assert.equal((await w.end()).status, 0);
});

each('processes that do not end are told', async (w) => {
  await w.launch(['sleep', '600']);
  w.program('pkill', 'exit 1');
  w.program('sleep', 'exit 0');
  const { status, stderr } = await w.end();
  assert.equal(status, 1);
  assert.match(stderr, /^klee: the processes of jail klee-000000000001 do not end$/m);
  w.program('sleep', undefined);
  w.program('pkill', 'kill -KILL $(cat "$jails"/../run*/pid)');
});

each('a log that cannot be written is a start that fails', async (w) => {
  mkdirSync(w.log);
  const { status, stderr } = await w.launch(['true']);
  assert.equal(status, 1);
  assert.match(stderr, /^klee: the supervisor of the command has ended early$/m);
});

each('a command that jexec cannot run ends with what jexec says in the log', async (w) => {
  assert.equal((await w.launch(['/no/such'])).status, 0);
  await until('a status', () => existsSync(w.paths.status));
  assert.equal(readFileSync(w.paths.status, 'utf8'), '1\n');
  assert.match(w.logged(), /^jexec: execvp: \/no\/such: No such file or directory$/m);
});

function foreground(
  w: World,
  command: readonly string[],
  terminal = false,
): ReturnType<typeof inForeground> {
  const entry = { words: [JAIL, ...command], env: ENV };
  const reap = ['sh', '-c', ': >"$0"', w.reaped];
  const argv = superviseArgv({
    mode: 'foreground',
    paths: w.paths,
    jail: JAIL,
    log: w.log,
    logLimit: LOG_LIMIT,
    terminal,
    entry,
    reap,
  });
  return inForeground(argv, w.environment);
}

each('a foreground command has the streams, and klee reaps it', async (w) => {
  const { ended } = foreground(w, ['sh', '-c', 'read -r x; echo "got $x"; exit 9']);
  assert.equal((await w.read(awaitArgv(w.paths, JAIL))).status, 0);
  assert.deepEqual(await ended, { status: 9, output: 'got typed\n' });
  assert.equal(readFileSync(w.paths.status, 'utf8'), '9\n');
  assert.equal(existsSync(w.reaped), false);
  assert.equal(existsSync(w.log), false);
});

each('a foreground command outlives signals to the group, and nothing outlives it', async (w) => {
  const left = join(w.directory, 'left');
  const script = `sleep 60 & echo $! >'${left}'; trap 'exit 4' USR1; while :; do sleep 0.05; done`;
  const { pid, ended } = foreground(w, ['sh', '-c', script]);
  await w.read(awaitArgv(w.paths, JAIL));
  await until('the trap', () => existsSync(left) && readFileSync(left, 'utf8') !== '');
  process.kill(pid, 'SIGTERM');
  process.kill(pid, 'SIGINT');
  await w.commands.read(['pkill', '-USR1', '-j', JAIL], { accept: 'any' });
  const { status } = await ended;
  // A shell that is busy with `sleep` may see the end of `sleep` first.
  assert.ok(status === 4 || status === 138, String(status));
  assert.ok(isGone(pidIn(left)));
});

each('a foreground run whose klee is gone is reaped by its supervisor', async (w) => {
  const entry = { words: [JAIL, 'sleep', '0.5'], env: ENV };
  const reap = ['sh', '-c', ': >"$0"', w.reaped];
  const request = {
    paths: w.paths,
    jail: JAIL,
    log: w.log,
    logLimit: LOG_LIMIT,
    terminal: false,
    entry,
    reap,
  };
  const argv = superviseArgv({ ...request, mode: 'foreground' });
  await orphaned(argv, w.environment);
  await until('a reap', () => existsSync(w.reaped));
});

each('waiting for a foreground run that cannot begin ends', async (w) => {
  mkdirSync(join(w.paths.directory, 'started'));
  const { ended } = foreground(w, ['true']);
  assert.equal((await ended).status, 125);
  assert.equal((await w.read(awaitArgv(w.paths, JAIL))).status, 1);
});

each('a terminal is made where the host can, and its lack is told', async (w) => {
  const command = ['sh', '-c', 'echo hello'];
  w.program('script', 'shift 2\necho "on a terminal"\nexec "$@"\n');
  assert.match((await foreground(w, command, true).ended).output, /on a terminal\nhello/);
  rmSync(w.paths.status);
  rmSync(join(w.paths.directory, 'started'), { recursive: true });
  w.program('script', undefined);
  const bare = { ...w.environment, PATH: w.environment['PATH']?.split(':')[0] ?? '' };
  for (const name of ['mkdir', 'sleep', 'rm', 'grep', 'cut', 'env'])
    w.program(name, `exec /bin/${name} "$@"\n`);
  w.program('env', 'exec /usr/bin/env "$@"\n');
  w.program('cut', 'exec /usr/bin/cut "$@"\n');
  const { output } = await foreground({ ...w, environment: bare }, command, true).ended;
  assert.match(output, /klee: there is no script\(1\) on this host/);
  assert.match(output, /^hello$/m);
});

each('a further command has its status, and its id goes with it', async (w) => {
  const pidFile = join(w.paths.directory, 'exec-1');
  const entry = { words: [JAIL, 'sh', '-c', 'echo done; exit 12'], env: ENV };
  const ended = await w.read(execArgv(entry, pidFile, false));
  assert.deepEqual([ended.status, ended.stdout], [12, 'done\n']);
  assert.deepEqual(readdirSync(w.paths.directory), []);
  const running = w.read(execArgv({ words: [JAIL, 'sleep', '60'], env: ENV }, pidFile, false));
  await until('a pid', () => existsSync(pidFile) && readFileSync(pidFile, 'utf8') !== '');
  assert.equal((await w.read(signalArgv(pidFile, 'TERM'))).status, 0);
  assert.equal((await running).status, 143);
  assert.equal((await w.read(signalArgv(pidFile, 'TERM'))).status, 0);
});

test.run();
