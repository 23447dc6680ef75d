/** Promises of the documents that need a real host, and that no other test holds: see docs/promises.md. */
import assert from 'node:assert/strict';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { finished, spawnKlee } from '../support/klee.ts';
import type { Finished } from '../support/klee.ts';
import { LinuxWorld } from '../support/linux.ts';
import { ip } from '../support/packets.ts';
import { until } from '../../../core/test/support/waiting.ts';

const MANY = 32;
const world = new LinuxWorld('/run');

/** Runs klee as a process of its own. */
function klee(words: string, environment: Record<string, string> = {}): Promise<Finished> {
  return finished(spawnKlee(words.split(' '), { ...world.environment, ...environment }));
}

interface Info {
  readonly sysctls: readonly { readonly name: string; readonly previous: string }[];
}

interface Shown {
  readonly container: { readonly state: string };
  readonly container_endpoints: readonly { readonly ip_address: string }[];
}

function inspected(name: string): Promise<Shown> {
  return world.json<Shown>(`container inspect --format json ${name}`);
}

async function removed(network: string, ...names: readonly string[]): Promise<void> {
  await world.ok(['container', 'rm', '-f', ...names]);
  await world.ok(`network rm ${network}`);
}

// Forwarding stays on for good: this comes first.
test('system info shows which settings of the kernel klee has changed', async () => {
  await world.ok('network create --type bridge --subnet 10.67.4.0/24 shown');
  const { sysctls } = await world.json<Info>('system info --format json');
  assert.deepEqual(sysctls, [{ name: 'net/ipv4/ip_forward', previous: '0' }]);
  await world.ok('network rm shown');
});

test('many processes connect containers at once, and then start them at once', async () => {
  await world.ok('network create --subnet 10.67.0.0/24 many');
  const names = Array.from({ length: MANY }, (_, index) => `box${index}`);
  for (const name of names) await world.ok(`create --name ${name} --driver ipnet host sleep 600`);
  for (const words of [
    names.map((name) => `network connect many ${name}`),
    names.map((name) => `start ${name}`),
  ]) {
    const ended = await Promise.all(words.map((line) => klee(line)));
    assert.deepEqual(
      ended.filter(({ status }) => status !== 0),
      [],
    );
  }
  const shown = await Promise.all(names.map(inspected));
  assert.deepEqual([...new Set(shown.map(({ container }) => container.state))], ['running']);
  const addresses = shown.flatMap((one) => one.container_endpoints.map((own) => own.ip_address));
  assert.equal(new Set(addresses).size, MANY);
  const routes = ip('route show table main');
  for (const address of addresses) assert.match(routes, new RegExp(`^${address} dev klc`, 'm'));
  assert.equal(await world.ok('system check'), '');
  await removed('many', ...names);
});

test('a container starts while the start of another on its network hangs', async () => {
  await world.ok('network create --subnet 10.67.1.0/24 hangs');
  for (const name of ['slow', 'quick'])
    await world.ok(`create --name ${name} -n hangs host sleep 600`);
  const folder = join(world.root, 'programs');
  const reached = join(folder, 'reached');
  const go = join(folder, 'go');
  mkdirSync(folder);
  writeFileSync(
    join(folder, 'ip'),
    `#!/bin/sh
PATH=\${PATH#${folder}:}
: >'${reached}'
until [ -e '${go}' ]; do sleep 0.1; done
exec ip "$@"
`,
  );
  chmodSync(join(folder, 'ip'), 0o755);
  const slow = klee('start slow', { PATH: `${folder}:${process.env['PATH'] ?? ''}` });
  await until('ip(8) of the slow one', () => existsSync(reached));
  assert.equal((await klee('start quick')).status, 0);
  assert.notEqual((await inspected('slow')).container.state, 'running');
  writeFileSync(go, '');
  assert.equal((await slow).status, 0);
  assert.equal((await inspected('slow')).container.state, 'running');
  await removed('hangs', 'slow', 'quick');
});

test('a vnet container keeps its MAC address until it is disconnected', async () => {
  await world.ok('network create --type bridge --subnet 10.67.2.0/24 kept');
  const id = await world.ok('run -d --name box --driver vnet -n kept host sleep 600');
  const mac = (): string =>
    / link\/ether (\S+)/.exec(ip(`-netns klee-${id} link show dev eth0`))?.[1] ?? '';
  const first = mac();
  assert.match(first, /^[0-9a-f:]{17}$/);
  for (const words of ['restart -t 0 box', 'stop -t 0 box', 'start box'])
    await world.ok(`container ${words}`);
  assert.equal(mac(), first);
  await removed('kept', 'box');
});

test('when stop returns, the log has what the command printed at its end', async () => {
  await world.ok('network create --subnet 10.67.3.0/24 logged');
  const script = 'trap "seq 20000; echo end; exit" TERM; echo ready; while :; do sleep 0.1; done';
  await world.ok(['run', '-d', '--name', 'box', '-n', 'logged', 'host', 'sh', '-c', script]);
  await until('the command', async () => (await klee('container logs box')).stdout === 'ready\n');
  await world.ok('container stop box');
  const { stdout } = await klee('container logs box');
  assert.match(stdout, /^ready\n1\n2\n/);
  assert.match(stdout, /\n20000\nend\n$/);
  await removed('logged', 'box');
});

test.run();
