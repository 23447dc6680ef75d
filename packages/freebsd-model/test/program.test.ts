/** The model of a FreeBSD host as a program: several processes at once, real commands in jails, and their end. */
import * as assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import { buildFreebsdHost } from './support/freebsd-host.ts';
import type { ProgramHost } from './support/freebsd-host.ts';

const test = suite('FreeBSD host for programs');

interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

let host: ProgramHost;

test.before.each(async () => {
  host = await buildFreebsdHost();
});
test.after.each(() => host.dispose());

function run(...argv: readonly string[]): Ended {
  const { status, stdout, stderr } = spawnSync(host.prefix[0], argv, { encoding: 'utf8' });
  return { status, stdout, stderr };
}

function ok(...argv: readonly string[]): string {
  const { status, stdout, stderr } = run(...argv);
  assert.equal(status, 0, `${argv.join(' ')}: ${stderr}`);
  return stdout;
}

function started(...argv: readonly string[]): Promise<Ended> {
  return new Promise((resolve) => {
    const child = spawn(host.prefix[0], argv, { stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk) => (stdout += String(chunk)));
    child.stderr.on('data', (chunk) => (stderr += String(chunk)));
    child.on('close', (status) => resolve({ status, stdout, stderr }));
  });
}

/** A jail whose root is an empty directory. */
function makeJail(name: string, ...parameters: readonly string[]): string {
  const root = join(host.directory, name);
  mkdirSync(root);
  ok('jail', '-c', `name=${name}`, `path=${root}`, 'persist', ...parameters);
  return root;
}

/** Waits until a question has this answer. */
function until(answer: string, ...argv: readonly string[]): void {
  const deadline = Date.now() + 20_000;
  while (run(...argv).stdout !== answer) {
    assert.ok(Date.now() < deadline, `${argv.join(' ')} does not answer ${answer}`);
  }
}

const EIGHT = [1, 2, 3, 4, 5, 6, 7, 8];

test('eight at once: as many different interfaces, and one jail of a name', async () => {
  const pairs = await Promise.all(EIGHT.map(() => started('ifconfig', 'epair', 'create')));
  assert.deepEqual(
    new Set(pairs.map(({ stdout }) => stdout)),
    new Set(EIGHT.map((number) => `epair${number - 1}a\n`)),
  );
  const jails = await Promise.all(
    EIGHT.map(() => started('jail', '-c', 'name=par', `path=${host.directory}`, 'persist')),
  );
  assert.equal(jails.filter(({ status }) => status === 0).length, 1);
  for (const { status, stderr } of jails)
    assert.equal(stderr, status === 0 ? '' : 'jail: "par" already exists\n');
});

test('a command in a jail has its environment, its root and its exit status', () => {
  const root = makeJail('j1');
  assert.equal(run('jexec', 'j1', 'sh', '-c', 'exit 42').status, 42);
  assert.equal(ok('env', '-i', '--', 'A=b c', 'jexec', 'j1', 'env'), 'A=b c\n');
  assert.equal(ok('sh', '-c', 'exec env -i A=1 "$(command -v jexec)" j1 env'), 'A=1\n');
  mkdirSync(join(root, 'etc'));
  ok('jexec', 'j1', 'sh', '-c', 'echo inside >/etc/hosts');
  assert.equal(readFileSync(join(root, 'etc/hosts'), 'utf8'), 'inside\n');
  assert.equal(ok('jexec', 'j1', 'cat', '/etc/hosts'), 'inside\n');
  mkdirSync(join(root, 'bin'));
  writeFileSync(join(root, 'bin/hello'), '#!/bin/sh\necho hello\n', { mode: 0o755 });
  assert.equal(ok('jexec', 'j1', '/bin/hello'), 'hello\n');
  assert.equal(ok('env', '-i', '--', 'PATH=/bin', 'jexec', 'j1', 'hello'), 'hello\n');
});

test('a directory that is mounted in a jail is seen there', () => {
  const root = makeJail('j1');
  const data = join(host.directory, 'data');
  for (const directory of [data, join(root, 'data')]) mkdirSync(directory);
  writeFileSync(join(data, 'file'), 'shared\n');
  ok('mount', '-t', 'nullfs', data, join(root, 'data'));
  assert.equal(ok('jexec', 'j1', 'cat', '/data/file'), 'shared\n');
});

test('scripts find the programs of the model, in jails too', () => {
  makeJail('v1', 'vnet');
  ok('ifconfig', 'epair', 'create');
  ok('ifconfig', 'epair0b', 'vnet', 'v1');
  const script = 'ifconfig -l; jexec v1 ifconfig -l; jexec v1 sh -c "ifconfig -l; exit 7"; echo $?';
  assert.equal(ok('sh', '-c', script), 'lo0 ext0 epair0a\nlo0 epair0b\nlo0 epair0b\n7\n');
});

test('what a jail does not have is said as jexec says it', () => {
  makeJail('j1');
  assert.deepEqual(run('jexec', 'j1', 'nosuchcommand'), {
    status: 1,
    stdout: '',
    stderr: 'jexec: execvp: nosuchcommand: No such file or directory\n',
  });
  assert.deepEqual(run('jexec', '-U', 'nosuchuser', 'j1', 'id'), {
    status: 1,
    stdout: '',
    stderr: 'jexec: nosuchuser: no such user\n',
  });
  assert.equal(run('nosuchprogram').status, 127);
});

test('processes of a jail are listed with those that they start, and end with it', () => {
  makeJail('j1');
  ok('daemon', '-f', 'jexec', 'j1', 'sh', '-c', 'sleep 1001 & sleep 1002');
  until('2\n', 'sh', '-c', 'ps -J j1 -o command= | grep -c "^sleep 100[12]$"');
  ok('jail', '-R', 'j1');
  assert.equal(spawnSync('pgrep', ['-f', '^sleep 100[12]$'], { encoding: 'utf8' }).stdout, '');
});

test('a process that ignores TERM is ended by KILL', () => {
  makeJail('j1');
  ok('daemon', '-f', 'jexec', 'j1', 'sh', '-c', 'trap "" TERM; sleep 1003; :');
  until('2\n', 'sh', '-c', 'ps -J j1 -o command= | grep -c "sleep 1003"');
  ok('pkill', '-TERM', '-j', 'j1');
  until('2\n', 'sh', '-c', 'ps -J j1 -o command= | grep -c "sleep 1003"');
  ok('pkill', '-KILL', '-j', 'j1');
  until('', 'ps', '-J', 'j1', '-o', 'command=');
  assert.equal(run('pkill', '-TERM', '-j', 'j1').status, 1);
});

test('daemon keeps the process id and the output of a command, and takes the file away at its end', () => {
  makeJail('j1');
  const [pid, log] = [join(host.directory, 'pid'), join(host.directory, 'log')];
  ok(
    'daemon',
    '-p',
    pid,
    '-o',
    log,
    'jexec',
    'j1',
    'sh',
    '-c',
    'echo started; sleep 2; echo ended',
  );
  until('started\n', 'cat', log);
  const kept = readFileSync(pid, 'utf8');
  assert.equal(ok('ps', '-J', 'j1', '-o', 'pid=,command=').includes(`${kept} `), true);
  until('started\nended\n', 'cat', log);
  until('gone\n', 'sh', '-c', '[ -e "$1" ] || echo gone', 'sh', pid);
});

test('a signal reaches a command under the process id that its starter wrote down', () => {
  makeJail('j1');
  const pid = join(host.directory, 'pid');
  const enter = 'echo $$ >"$1"; exec jexec j1 sleep 1004';
  ok('daemon', '-f', 'sh', '-c', enter, 'sh', pid);
  until('1\n', 'sh', '-c', 'ps -J j1 -o command= | grep -c "sleep 1004$"');
  process.kill(Number(readFileSync(pid, 'utf8')), 'SIGTERM');
  until('', 'ps', '-J', 'j1', '-o', 'command=');
});

test('a reboot ends all processes, and forgets jails and interfaces, but no files', async () => {
  makeJail('j1');
  ok('ifconfig', 'lo', 'create', 'name', 'klo0');
  ok('kenv', 'kleenet.boot=1.2');
  ok('daemon', '-f', 'jexec', 'j1', 'sleep', '1005');
  until('1\n', 'sh', '-c', 'ps -J j1 -o command= | grep -c "sleep 1005$"');
  const before = ok('sysctl', '-n', 'kern.boottime');
  await host.reboot();
  assert.equal(ok('ifconfig', '-l'), 'lo0 ext0\n');
  assert.equal(ok('jls', 'name'), '');
  assert.equal(run('kenv', '-q', 'kleenet.boot').status, 255);
  assert.notEqual(ok('sysctl', '-n', 'kern.boottime'), before);
  assert.equal(spawnSync('pgrep', ['-f', 'sleep 1005$'], { encoding: 'utf8' }).stdout, '');
});

test('a program that the host lacks is found by nobody', async () => {
  await host.dispose();
  host = await buildFreebsdHost({ missing: ['kenv'] });
  assert.equal(run('kenv', '-q', 'x').status, 127);
  assert.equal(ok('sh', '-c', 'command -v kenv || echo none'), 'none\n');
});

test('rm takes the option by which FreeBSD stays on one file system', () => {
  const tree = join(host.directory, 'tree');
  mkdirSync(join(tree, 'deep'), { recursive: true });
  ok('rm', '-rfx', tree);
  assert.equal(ok('sh', '-c', '[ -e "$1" ] || echo gone', 'sh', tree), 'gone\n');
});

test.run();
