/** A modelled host that one process keeps for others: real commands in jails, and their end. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import { serveFreebsdHost } from '../src/program/index.ts';
import type { ServedHost } from '../src/program/index.ts';

const test = suite('FreeBSD host that is served');

let host: ServedHost;

test.before.each(async () => {
  host = await serveFreebsdHost({ kill: (pid, signal) => void process.kill(pid, signal) });
});
test.after.each(() => host.dispose());

/** What it prints, and its status. */
function run(argv: readonly string[], input?: string): Promise<string> {
  const child = spawn(host.prefix[0], argv, { env: { PATH: process.env['PATH'], MARK: "it's" } });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (said += data));
  child.stdin.end(input);
  return new Promise((resolve) =>
    child.once('close', (status) => resolve(`${said.trimEnd()} ${status}`)),
  );
}

test('its programs answer, and others are found on this machine', async () => {
  assert.equal(await run(['sysctl', '-n', 'net.inet.ip.forwarding']), '0 0');
  assert.equal(await run(['ifconfig', 'none0']), 'ifconfig: interface none0 does not exist 1');
  assert.equal(await run(['cat'], 'as it was\n'), 'as it was 0');
  assert.equal(await run(['sh', '-c', 'echo "$0" "$MARK"; exit 3', 'a  b']), "a  b it's 3");
  assert.equal(await run(['sh', '-c', 'sysctl -n kern.osrelease']), '13.2-RELEASE 0');
});

test('pfctl reads what it is given, which may be nothing', async () => {
  assert.equal(await run(['pfctl', '-q', '-a', 'klee/t', '-f', '-'], 'pass all\n'), ' 0');
  assert.deepEqual(host.state().pf.anchors['klee/t']?.rules, ['pass all flags S/SA keep state']);
  assert.equal(await run(['pfctl', '-q', '-a', 'klee/t', '-f', '-'], ''), ' 0');
  assert.equal(host.state().pf.anchors['klee/t'], undefined);
});

test('a command in a jail is one of its processes until a boot', async () => {
  const root = join(host.directory, 'root');
  mkdirSync(root);
  assert.match(await run(['jail', '-c', 'name=box', `path=${root}`, 'persist']), / 0$/);
  const ended = run(['jexec', 'box', 'sleep', '1000']);
  // Before its program replaces the one of jexec(8), and while it does, it has another name.
  while (host.state().processes[0]?.command.endsWith('sleep 1000') !== true)
    await new Promise((resolve) => setTimeout(resolve, 5));
  host.reboot();
  await ended;
  assert.deepEqual([host.state().jails, host.state().processes], [[], []]);
});

test.run();
