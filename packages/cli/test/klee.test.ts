/** What commands print and what status they end with, on a simulated host. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import type {
  ContainerInspectView,
  ContainerListView,
  ImageView,
  NetworkInspectView,
  PoolView,
} from '../src/render/views.ts';
import type { SystemView } from '../src/render/system-view.ts';
import { Signals } from '../src/signals.ts';
import { World } from './support/klee.ts';

const ID = /^[0-9a-f]{12}$/;

const test = suite<{ world: World }>('klee');

test.before.each((context) => {
  context.world = new World();
});
test.after.each(({ world }) => world.remove());

test('the commands of the mission as they stand', async ({ world }) => {
  match(await world.ok('network create --subnet 10.10.36.0/24 testnet'), ID);
  match(await world.ok('run -d --name container1 --driver ipnet host sleep 600'), ID);
  match(await world.ok('create --name container2 --driver ipnet host sleep 600'), ID);
  equal(await world.ok('network connect testnet container1'), '');
  equal(await world.ok('network connect --ip 10.10.36.122 testnet container2'), '');
  match(await world.ok('run -d --name container3 --network=testnet host sleep 600'), ID);
  const { network, network_endpoints: endpoints } =
    await world.json<NetworkInspectView>('network inspect testnet');
  deepEqual([network.name, network.type, network.subnet], ['testnet', 'loopback', '10.10.36.0/24']);
  deepEqual(
    endpoints.map((endpoint) => [endpoint.container_name, endpoint.ip_address]),
    [
      ['container1', '10.10.36.1'],
      ['container2', '10.10.36.122'],
      ['container3', '10.10.36.2'],
    ],
  );
  equal(await world.ok('network disconnect testnet container1'), '');
  match(await world.ok('network rm testnet'), ID);
});

test('shortcuts are the commands that they stand for', async ({ world }) => {
  const id = await world.ok('network create --subnet 10.1.0.0/24 n');
  await world.ok('create --name c host');
  equal(await world.ok('lsn --quiet'), id);
  deepEqual(await world.json('isn n'), await world.json('network inspect n'));
  deepEqual(await world.json('isc c'), await world.json('container inspect c'));
  equal(await world.ok('lsc -a'), await world.ok('container ls -a'));
  match(await world.ok('rmc c'), ID);
  equal(await world.ok('rmn n'), id);
});

test('ls shows running containers, and all with -a', async ({ world }) => {
  const running = await world.ok('run -d --name a host sleep 9');
  const created = await world.ok('create --name b host sleep 9');
  equal(await world.ok('container ls --quiet'), running);
  equal(await world.ok('container ls -a --quiet'), `${running}\n${created}`);
  equal(
    await world.ok(['container', 'ls', '-a', '--format', '{{name}} {{state}}']),
    'a running\nb created',
  );
  match(
    await world.ok('container ls'),
    /^ID +NAME +IMAGE +COMMAND +DRIVER +STATE +PORTS +ADDRESSES\n[0-9a-f]{12}  a  /,
  );
  equal((await world.json<ContainerListView[]>('container ls -a --format json')).length, 2);
});

test('stop, start and restart keep the address', async ({ world }) => {
  await world.ok('network create --subnet 10.1.0.0/24 n');
  await world.ok('run -d --name c -n n:ip=10.1.0.7 host sleep 9');
  for (const words of ['stop c', 'start c', 'restart -t 0 c']) {
    equal(await world.ok(words), '');
    equal(
      (await world.json<ContainerInspectView>('isc c')).container_endpoints[0]?.ip_address,
      '10.1.0.7',
    );
  }
});

test('several objects: what fails is told, the rest is done', async ({ world }) => {
  await world.ok('network create --subnet 10.1.0.0/24 a');
  await world.ok('network create --subnet 10.2.0.0/24 b');
  const inspected = await world.klee('network inspect a none b');
  equal(inspected.status, 1);
  equal((JSON.parse(inspected.stdout) as unknown[]).length, 2);
  match(inspected.stderr, /^error: network "none" not found\nhint: .*\n$/);
  const removed = await world.klee('network rm a none b b');
  equal(removed.status, 1);
  match(removed.stdout, /^[0-9a-f]{12}\n[0-9a-f]{12}\n$/);
  equal(await world.ok('lsn --quiet'), '');
});

test('inspect of several is an array, also when they are one', async ({ world }) => {
  await world.ok('network create --subnet 10.1.0.0/24 a');
  equal((await world.json<NetworkInspectView[]>('network inspect a a')).length, 1);
});

test('a dry run shows steps, prints no id of what is not there, and leaves no trace', async ({
  world,
}) => {
  const { stdout, status } = await world.klee('network create --dry-run --subnet 10.1.0.0/24 n');
  equal(status, 0);
  match(stdout, /^create loopback interface \S+\n/);
  ok(!stdout.split('\n').some((line) => ID.test(line)));
  equal(await world.ok('lsn --quiet'), '');
});

test('a dry run of each changing command changes nothing', async ({ world }) => {
  await world.ok('network create --subnet 10.1.0.0/24 n');
  await world.ok('network create --subnet 10.2.0.0/24 empty');
  await world.ok('run -d --name a -n n host sleep 9');
  await world.ok('create --name b --driver ipnet host sleep 9');
  await world.ok('image import i .');
  const everything = async (): Promise<unknown> =>
    Promise.all(
      ['lsc -a --format json', 'lsn --format json', 'isn n', 'lsi --format json'].map((words) =>
        world.ok(words),
      ),
    );
  const before = await everything();
  const lines = [
    'network create --subnet 10.3.0.0/24 x',
    'network connect n b',
    'network disconnect n a',
    'network rm n',
    'network prune -f',
    'create --name x host',
    'run -d --name x -n n host sleep 9',
    'start b',
    'stop a',
    'restart a',
    'container rm -f a b',
    'container rename a x',
    'container prune -f',
    'image import j .',
    'image rm i',
    'system repair',
  ];
  for (const line of lines) {
    const { status, stderr } = await world.klee(`--dry-run ${line}`);
    equal(status, 0, `${line}: ${stderr}`);
    deepEqual(await everything(), before, line);
  }
});

test('prune asks on a terminal, and does nothing after no', async ({ world }) => {
  const id = await world.ok('network create --subnet 10.1.0.0/24 n');
  const asked: string[] = [];
  const refuse = { ask: (question: string) => (asked.push(question), Promise.resolve(false)) };
  equal((await world.klee('network prune', refuse)).stdout, '');
  deepEqual(asked, ['Remove all networks without containers?']);
  equal((await world.klee('network prune -f', refuse)).stdout, `${id}\n`);
});

for (const format of ['{{', '{{nothing}}', 'xml']) {
  test(`a format that cannot be shown is refused before anything is done: ${format}`, async ({
    world,
  }) => {
    await world.ok('network create --subnet 10.1.0.0/24 n');
    await world.ok('run -d --name c -n n host sleep 99');
    for (const words of ['system down', 'system up', 'system repair']) {
      const { status, stderr } = await world.klee([...words.split(' '), '--format', format]);
      equal(status, 1, words);
      match(stderr, /^error: (the|option) --format/, words);
    }
    if (format !== '{{nothing}}') {
      for (const words of ['container rm -f c', 'network rm n', 'stop c', 'container prune -f'])
        equal((await world.klee([...words.split(' '), '--format', format])).status, 1, words);
    }
    equal(await world.ok('container ls --format {{name}}:{{state}}'), 'c:running');
  });
}

test('a container that is not there is gone, for those who insist', async ({ world }) => {
  await world.ok('create --name c host');
  const { status, stdout, stderr } = await world.klee('container rm -f none c');
  equal(status, 0);
  match(stdout, /^[0-9a-f]{12}\n$/);
  match(stderr, /^warning: container "none" not found\n$/);
  equal((await world.klee('container rm none')).status, 1);
});

test('a prune that ends early has printed what it has removed', async ({ world }) => {
  // They are removed in groups of a hundred.
  for (let count = 0; count <= 100; count += 1) await world.ok(`create --name c${count} host`);
  const signals = new Signals(() => {});
  const printed: string[] = [];
  const output = {
    print: (text: string) => {
      printed.push(text);
      signals.receive('SIGINT');
    },
    note: () => {},
  };
  equal((await world.klee('container prune -f', { output, signals })).status, 130);
  const left = (await world.ok('container ls -a --quiet')).split('\n');
  equal(printed.length, 100);
  equal(left.length, 1);
});

test('check and repair are silent when all is well', async ({ world }) => {
  await world.ok('network create --subnet 10.1.0.0/24 n');
  equal(await world.ok('system check'), '');
  deepEqual(await world.json('system check --format json'), []);
  equal(await world.ok('system repair'), '');
  deepEqual(await world.json('system repair --format json'), { repaired: [], remaining: [] });
});

test('statistics, images, plugins and the system', async ({ world }) => {
  await world.ok('network create --subnet 10.1.0.0/24 --subnet6 fd00::/64 n');
  const [ipv4, ipv6] = await world.json<PoolView[]>('network stats --format json n');
  deepEqual(ipv4, {
    family: 'ipv4',
    subnet: '10.1.0.0/24',
    size: '256',
    reserved: ipv4?.reserved,
    leased: '0',
    free: ipv4?.free,
  });
  equal(ipv6?.size, '18446744073709551616');
  const id = await world.ok('image import i .');
  equal((await world.json<{ image: ImageView }>('image inspect i')).image.id, id);
  equal(
    (await world.json<{ image: ImageView }>(`image inspect ${id.slice(0, 6)}`)).image.name,
    'i',
  );
  const plugins = await world.json<{ name: string }[]>('plugin ls --format json');
  deepEqual(
    plugins.map(({ name }) => name),
    ['@kleenet/driver-ipnet', '@kleenet/driver-vnet'],
  );
  const info = await world.json<SystemView>('system info --format json');
  deepEqual([info.platform, info.networks, info.images], ['memory', 1, 1]);
});

test('reading leaves no trace', async ({ world }) => {
  for (const words of [
    'lsn',
    'lsc -a',
    'system check',
    'plugin ls',
    '--help',
    'network create --help',
    '--version',
  ]) {
    await world.ok(words);
  }
  ok(!existsSync(join(world.root, 'state')), readdirSync(world.root).join());
});

const STATUSES = [
  ['network inspect none', 1],
  ['network create n', 1],
  ['network nothing', 2],
  ['network create', 2],
  ['network connect --nothing a b', 2],
  ['run none', 125],
  ['run -d none', 125],
  ['run --nothing host', 125],
  ['run', 125],
  ['exec none ls', 125],
  ['container exec none', 125],
  ['', 2],
] as const;

for (const [words, status] of STATUSES) {
  test(`status ${status} of klee ${words}`, async ({ world }) => {
    const result = await world.klee(words === '' ? [] : words);
    equal(result.status, status);
    equal(result.stdout, '');
    ok(result.stderr !== '');
  });
}

test('errors: a line, a hint, and JSON for programs, also when the command line is wrong', async ({
  world,
}) => {
  match((await world.klee('network inspect none')).stderr, /^error: [^\n]+\nhint: [^\n]+\n$/);
  for (const words of [
    'network inspect none --format json',
    '--format=json network inspect none',
    'network craete --format json',
    'network connect --format json',
  ]) {
    const { stderr } = await world.klee(words);
    const { error } = JSON.parse(stderr) as { error: object };
    deepEqual(Object.keys(error), ['code', 'message', 'hint', 'details'], words);
    equal(stderr.trimEnd().split('\n').length, 1);
  }
});

test('no stack without --debug', async ({ world }) => {
  const quiet = await world.klee('network inspect none');
  ok(!/^ +at /m.test(quiet.stderr));
  match((await world.klee('network inspect none --debug')).stderr, /^ +at /m);
});

test('a fault in klee itself is told as such', async ({ world }) => {
  const broken = {
    directory: () => {
      throw new TypeError('x is not a function');
    },
  };
  const { status, stderr } = await world.klee('image import i .', broken);
  equal(status, 1);
  match(stderr, /^error: klee failed: x is not a function\nhint: .*--debug.*\n$/);
});

test('an interrupted operation is undone and ends with the status of the signal', async ({
  world,
}) => {
  for (const [name, status] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
    ['SIGHUP', 129],
  ] as const) {
    const signals = new Signals(() => {});
    signals.receive(name);
    const result = await world.klee('network create --subnet 10.1.0.0/24 n', { signals });
    equal(result.status, status);
    match(result.stderr, /^error: interrupted by SIG/);
  }
  equal(await world.ok('lsn --quiet'), '');
});

test('a second signal does not cut clean-up short', () => {
  const notes: string[] = [];
  const signals = new Signals((line) => notes.push(line));
  signals.receive('SIGINT');
  signals.receive('SIGINT');
  ok(signals.signal.aborted);
  deepEqual(notes, ['still cleaning up after the interruption; this ends by itself']);
});

test('signals go to a command in the foreground', () => {
  const received: string[] = [];
  const signals = new Signals(() => {});
  const stop = signals.forward((name) => received.push(name));
  signals.receive('SIGTERM');
  deepEqual([received, signals.signal.aborted], [['SIGTERM'], false]);
  stop();
  signals.receive('SIGTERM');
  ok(signals.signal.aborted);
});

test('completion', async ({ world }) => {
  await world.ok('network create --subnet 10.1.0.0/24 testnet');
  await world.ok('create --name c1 host');
  const complete = async (...words: string[]): Promise<string[]> =>
    (await world.ok(['__complete', '--', ...words])).split('\n');
  ok((await complete('net')).includes('network'));
  deepEqual(await complete('network', 'con'), ['connect']);
  deepEqual(await complete('network', 'connect', 'te'), ['testnet']);
  deepEqual(await complete('network', 'connect', 'testnet', ''), ['c1']);
  deepEqual(await complete('stop', ''), ['c1']);
  deepEqual(await complete('network', 'create', '--subn'), ['--subnet', '--subnet6']);
  deepEqual(await complete('network', 'create', '--no-'), ['--no-nat', '--no-icc']);
  for (const shell of ['bash', 'zsh', 'fish'])
    match(await world.ok(['completion', shell]), /klee __complete/);
});

test('completion of the values of options, in the words of every shell', async ({ world }) => {
  await world.ok('network create --subnet 10.1.0.0/24 testnet');
  await world.ok('network create --subnet 10.2.0.0/24 other');
  await world.ok('create --name c1 host');
  const complete = async (...words: string[]): Promise<string[]> =>
    (await world.ok(['__complete', '--', ...words])).split('\n').filter((line) => line !== '');
  for (const option of ['--network', '-n']) {
    deepEqual(await complete('run', option, ''), ['testnet', 'other']);
    deepEqual(await complete('container', 'create', '-d', option, 'te'), ['testnet']);
  }
  deepEqual(await complete('run', '--network=te'), ['--network=testnet']);
  deepEqual(await complete('run', '--network', '=', 'te'), ['testnet']);
  deepEqual(await complete('run', '--network', '='), ['testnet', 'other']);
  deepEqual(await complete('run', '--network', '=', 'other', '--network', 'te'), ['testnet']);
  deepEqual(await complete('run', '-l', 'v'), ['vnet']);
  deepEqual(await complete('network', 'create', '--type', 'b'), ['bridge']);
  deepEqual(await complete('network', 'create', '-t', ''), ['loopback', 'bridge', 'custom']);
  deepEqual(await complete('network', 'create', '--nat-if', 'ext'), ['ext0']);
  deepEqual(await complete('run', '--restart', ''), ['no', 'on-startup']);
  deepEqual(await complete('container', 'ls', '--format', ''), ['table', 'json']);
  deepEqual(await complete('run', '--name', ''), []);
});

test('completion counts neither options nor their values as arguments', async ({ world }) => {
  await world.ok('network create --subnet 10.1.0.0/24 testnet');
  await world.ok('create --name c1 host');
  const complete = async (...words: string[]): Promise<string[]> =>
    (await world.ok(['__complete', '--', ...words])).split('\n').filter((line) => line !== '');
  deepEqual(await complete('network', 'connect', '--ip', '10.1.0.9', ''), ['testnet']);
  deepEqual(await complete('network', 'connect', '--ip', '10.1.0.9', 'testnet', ''), ['c1']);
  deepEqual(await complete('network', 'connect', '--ip=10.1.0.9', 'testnet', ''), ['c1']);
  deepEqual(await complete('run', '-d', '--name', 'x', ''), ['host']);
  deepEqual(await complete('run', '--root', '/x', 'host', '--net'), []);
  deepEqual(await complete('exec', 'c1', 'ls', '-'), []);
  deepEqual(await complete('stop', '--', 'c'), ['c1']);
});

test.run();
