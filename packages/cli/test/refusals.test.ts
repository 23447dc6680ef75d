/** Wrong input of every kind, on a simulated host: a clear error, the right status, and nothing changed. */
import * as assert from 'node:assert/strict';
import { chmodSync, cpSync, mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import { World, finished, spawnKlee } from './support/klee.ts';
import type { Finished } from './support/klee.ts';

const test = suite('refusals');
const world = new World();
let before = '';

function run(
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<Finished> {
  return world.klee(words, { environment: { ...world.environment, ...environment } });
}

async function everything(): Promise<string> {
  return (
    (await world.ok('network inspect net br tiny lan own')) +
    (await world.ok('container ls -a --format json'))
  );
}

test.before(async () => {
  for (const words of [
    'network create --subnet 10.1.0.0/24 --exclude 10.1.0.66 net',
    'network create -t bridge --subnet 10.2.0.0/24 br',
    'network create --subnet 10.3.0.0/30 tiny',
    'network create -t custom -i ext0 --subnet 192.0.2.0/24 lan',
    'network create -t bridge --subnet 10.4.0.0/24 --driver ipnet own',
    'run -d --name a -n net:ip=10.1.0.9 host sleep 9',
    'create --name b --driver ipnet host',
    'create --name h host',
    'create --name t1 -n tiny host',
    'create --name t2 -n tiny host',
    'run -d --name v -l vnet -n br host',
    'image import img /etc',
  ]) {
    await world.ok(words);
  }
  writeFileSync(NO_ARCHIVE, 'this is not an archive');
  before = await everything();
});

test.after(() => world.remove());

const NO_ARCHIVE = join(world.root, 'no-archive');

const create = (...words: readonly string[]): readonly string[] => [
  'network',
  'create',
  ...words,
  'new',
];
const connect = (...words: readonly string[]): readonly string[] => [
  'network',
  'connect',
  ...words,
];

/** The command line, the exit status, and what the error says. */
const REFUSED: readonly (readonly [words: readonly string[], status: number, error: RegExp])[] = [
  [create('--subnet', '10.9.0.0'), 1, /prefix/],
  [create('--subnet', '10.9.0.0/33'), 1, /prefix/],
  [create('--subnet', '10.9.0.5/24'), 1, /10\.9\.0\.0\/24/],
  [create('--subnet', '010.9.0.0/24'), 1, /not a subnet/],
  [create('--subnet', '1.2.3.999/24'), 1, /not a subnet/],
  [create('--subnet', 'fd00::/64'), 1, /IPv6/],
  [create('--subnet6', '10.9.0.0/24'), 1, /IPv4/],
  [create('--subnet', ''), 1, /empty/],
  [create(), 1, /needs a subnet/],
  [create('--subnet', '0.0.0.0/0'), 1, /holds addresses of 0\.0\.0\.0\/8/],
  [create('--subnet', '10.0.0.0/8'), 1, /overlaps/],
  [create('--subnet', '10.1.0.128/25'), 1, /overlaps.*'net'/],
  [create('--subnet', '192.0.2.128/25'), 1, /overlaps/],
  [create('-t', 'bridge', '--subnet', '10.9.0.0/24', '--gw', '10.8.0.1'), 1, /outside/],
  [create('--subnet', '10.9.0.0/24', '--gw', '10.8.0.1'), 1, /outside/],
  [create('-t', 'bridge', '--subnet', '10.9.0.0/24', '--gw', '10.9.0.255'), 1, /broadcast/],
  [create('--subnet', '10.9.0.0/24', '-i', 'a-name-over-fifteen'), 1, /interface name/],
  [create('--subnet', '10.9.0.0/24', '-i', 'ext0'), 1, /already has an interface/],
  [create('-t', 'custom', '--subnet', '10.9.0.0/24'), 1, /needs an interface/],
  [
    create('-t', 'custom', '-i', 'nothere0', '--subnet', '10.9.0.0/24'),
    1,
    /no interface named nothere0/,
  ],
  [create('-t', 'lolnet', '--subnet', '10.9.0.0/24'), 1, /bridge/],
  [create('--subnet', '10.9.0.0/24', '--nat-if', 'nothere0'), 1, /no interface named nothere0/],
  [create('--subnet', '10.9.0.0/24', '--ip-range', '10.8.0.0/25'), 1, /outside/],
  [create('--subnet', '10.9.0.0/24', '--exclude', 'x'), 1, /address/],
  [create('--subnet', '10.9.0.0/24', '--mtu', '1'), 1, /MTU|mtu/],
  [create('--subnet', '10.9.0.0/24', '--mtu', 'many'), 1, /number/],
  [create('--subnet', '10.9.0.0/24', '--label', 'novalue'), 1, /label/],
  [['network', 'create', '--subnet', '10.9.0.0/24', 'net'], 1, /already exists/],
  [['network', 'create', '--subnet', '10.9.0.0/24', ''], 1, /empty|name/],
  [['network', 'create', '--subnet', '10.9.0.0/24', 'a/b'], 1, /name/],
  [['network', 'create', '--subnet', '10.9.0.0/24', 'n'.repeat(65)], 1, /name/],
  [
    ['network', 'create', '--subnet', '10.9.0.0/24'],
    2,
    /missing argument NETWORK|missing argument NAME/,
  ],
  [['network', 'create', '--subnt', '10.9.0.0/24', 'new'], 2, /unknown option --subnt/],
  [['network', 'create', '--subnet'], 2, /needs a value/],
  [['network', 'lol'], 2, /unknown command/],
  [['lol'], 2, /unknown command/],
  [['network', 'inspect', 'nonet'], 1, /not found/],
  [['network', 'rm', 'nonet'], 1, /not found/],
  [['network', 'stats', 'nonet'], 1, /not found/],
  [connect('net'), 2, /missing argument CONTAINER/],
  [connect('nonet', 'b'), 1, /network "nonet" not found/],
  [connect('net', 'noc'), 1, /container "noc" not found/],
  [connect('net', 'a'), 1, /already connected.*10\.1\.0\.9/],
  [connect('--ip', '10.1.0.9', 'net', 'b'), 1, /'a'/],
  [connect('--ip', '10.2.0.9', 'net', 'b'), 1, /10\.1\.0\.0\/24/],
  [connect('--ip', '10.1.0.0', 'net', 'b'), 1, /reserved/],
  [connect('--ip', '10.1.0.255', 'net', 'b'), 1, /reserved/],
  [create('--subnet', '10.9.0.0/24', '--driver-opt', 'vlan=7'), 1, /not to belong to a driver/],
  [
    create('--subnet', '10.9.0.0/24', '--driver', 'ipnet', '--driver-opt', 'vlan=7'),
    1,
    /driver ipnet knows no option "vlan" of a network/,
  ],
  [create('--subnet', '10.9.0.0/24', '--driver', 'vnet'), 1, /vnet does not connect to loopback/],
  [create('--subnet', '10.9.0.0/24', '--driver', 'lolnet'), 1, /lolnet/],
  [
    connect('own', 'v'),
    1,
    /network 'own' belongs to the driver ipnet, and container 'v' has the driver vnet/,
  ],
  [connect('--ip', '10.1.0.66', 'net', 'b'), 1, /reserved.*excluded/],
  [connect('--ip', '10.2.0.1', 'br', 'b'), 1, /reserved.*gateway/],
  [connect('--ip', '192.0.2.10', 'lan', 'b'), 1, /reserved.*host/],
  [connect('--ip', '10.1.0.999', 'net', 'b'), 1, /address/],
  [connect('--ip', '10.1.0.5/24', 'net', 'b'), 1, /address/],
  [connect('--ip', 'fd00::1', 'net', 'b'), 1, /IPv4/],
  [connect('--ip6', 'fd00::1', 'net', 'b'), 1, /no IPv6 subnet/],
  [connect('--ip6', '10.1.0.5', 'net', 'b'), 1, /IPv6/],
  [connect('--mac', '02:00:00:00:00:01', 'net', 'b'), 1, /MAC/],
  [connect('--gw-priority', 'high', 'net', 'b'), 1, /number/],
  [connect('--driver-opt', 'x=1', 'net', 'b'), 1, /no option "x"/],
  [connect('--driver-opt', 'x', 'net', 'b'), 1, /option/],
  [connect('tiny', 'b'), 1, /no free IPv4 address is left in network tiny: 2/],
  [connect('net', 'h'), 1, /host.*does not connect to networks/],
  [connect('net', 'v'), 1, /vnet.*loopback/],
  [connect('lan', 'v'), 1, /vnet.*custom/],
  [['network', 'disconnect', 'net', 'b'], 1, /not connected/],
  [['create', '--name', 'a', 'host'], 1, /already exists/],
  [['create', '--name', 'x', '--driver', 'lolnet', 'host'], 1, /lolnet/],
  [['create', '--name', 'x', 'noimage'], 1, /image "noimage" not found/],
  [['create', '--name=-x', 'host'], 1, /name/],
  [['create', '--name', 'x', '-n', 'nonet', 'host'], 1, /not found/],
  [['create', '--name', 'x', '-n', 'net', '-n', 'net', 'host'], 1, /twice/],
  [['create', '--name', 'x', '-n', 'net:colour=red', 'host'], 1, /colour/],
  [['create', '--name', 'x', '-n', 'tiny', 'host'], 1, /no free IPv4 address/],
  [['create', '--name', 'x', '-p', '70000', '-n', 'net', 'host'], 1, /port/],
  [['create', '--name', 'x', '-p', '80', 'host'], 1, /host.*cannot publish/],
  [['create', '--name', 'x', '-e', 'NOVALUE', 'host'], 1, /environment/],
  [['create', '--name', 'x', '-u', 'a b', 'host'], 1, /user/],
  [['run', '--name', 'a', 'host'], 125, /already exists/],
  [['run', '-d', '--driver', 'lolnet', 'host'], 125, /lolnet/],
  [['run', '--rm', 'noimage'], 125, /image/],
  [['run'], 125, /missing argument IMAGE/],
  [['exec', 'b', 'true'], 125, /not running/],
  [['exec', 'noc', 'true'], 125, /not found/],
  [['start', 'noc'], 1, /not found/],
  [['start', 'a'], 1, /already running/],
  [['container', 'rm', 'a'], 1, /is running/],
  [['container', 'rename', 'b', 'a'], 1, /already exists/],
  [['container', 'rename', 'b', 'a/b'], 1, /name/],
  [['container', 'logs', 'noc'], 1, /not found/],
  [['stop', '-t', '-1', 'a'], 1, /number/],
  [['image', 'import', 'img', '/etc'], 1, /already exists/],
  [['image', 'import', 'host', '/etc'], 1, /built-in/],
  [['image', 'import', 'new', '/nowhere'], 1, /nowhere/],
  [['image', 'import', 'new', NO_ARCHIVE], 1, /neither a directory nor a tar/],
  [['image', 'rm', 'noimage'], 1, /not found/],
  [['image', 'rm', 'host'], 1, /built-in/],
  [['network', 'ls', '--format', 'yaml'], 1, /format/],
  [['--platform', 'lolos', 'network', 'ls'], 1, /platform/],
  [['--config', '/nowhere', 'network', 'ls'], 1, /configuration file/],
];

function isRefusal(ended: Finished, status: number, error: RegExp): void {
  assert.equal(ended.status, status, ended.stderr || ended.stdout);
  assert.match(ended.stderr, /^error: [^\n]+\n(hint: [^\n]+\n)?$/);
  assert.match(ended.stderr, error);
  assert.equal(ended.stdout, '');
}

for (const [words, status, error] of REFUSED) {
  test(`klee ${words.map((word) => (word === '' ? "''" : word)).join(' ')}`, async () => {
    isRefusal(await run(words), status, error);
    assert.equal(await everything(), before);
  });
}

test('a process ends as the command does, one refusal of each kind', async () => {
  const kinds = new Map(
    REFUSED.map((one) => [`${one[0][0]?.replace(/^-.*/, 'options') ?? ''} ${one[1]}`, one]),
  );
  assert.ok(kinds.size > 10);
  for (const [words, status, error] of kinds.values()) {
    isRefusal(await finished(spawnKlee(words, world.environment)), status, error);
  }
  assert.equal(await everything(), before);
});

test('errors as JSON', async () => {
  const { stderr } = await run(['network', 'inspect', 'nonet', '--format', 'json']);
  const { error } = JSON.parse(stderr) as { error: Record<string, unknown> };
  assert.equal(error['code'], 'NETWORK_NOT_FOUND');
  assert.deepEqual(Object.keys(error), ['code', 'message', 'hint', 'details']);
});

test('a bad environment or configuration', async () => {
  const prefix = { KLEE_COMMAND_PREFIX: 'doas', KLEE_PLATFORM: 'linux' };
  assert.match((await run(['lsn'], prefix)).stderr, /JSON array/);
  const config = join(world.root, 'config.json');
  for (const text of ['{', '[]', '{"colour":"red"}', '{"root":"relative"}']) {
    writeFileSync(config, text);
    const { status, stderr } = await run(['--config', config, 'lsn']);
    assert.equal(status, 1, stderr);
    assert.match(stderr, /configuration file/);
  }
});

const NONSENSE = 'not a database at all, but long enough to be read as a header'.repeat(20);
const SPOILED: readonly (readonly [name: string, spoil: (file: string) => void])[] = [
  ['random', (file) => writeFileSync(file, NONSENSE)],
  ['cut', (file) => truncateSync(file, 700)],
];

test('a damaged database, and one of another program', async () => {
  for (const [name, spoil] of SPOILED) {
    const directory = join(world.root, name);
    cpSync(world.directory, directory, { recursive: true });
    rmSync(join(directory, 'kleenet.db-wal'), { force: true });
    rmSync(join(directory, 'kleenet.db-shm'), { force: true });
    spoil(join(directory, 'kleenet.db'));
    const words = ['network', 'ls'];
    const { status, stderr } = await finished(
      spawnKlee(words, { ...world.environment, KLEE_ROOT: directory }),
    );
    assert.equal(status, 1, `${name}: ${stderr}`);
    assert.match(stderr, /^error: /);
    assert.doesNotMatch(stderr, /^ {4}at /m);
  }
});

const CREATE = ['network', 'create', '--subnet', '10.9.0.0/24', 'new'];

test('a state directory that others can read', async () => {
  const directory = join(world.root, 'open');
  mkdirSync(directory);
  chmodSync(directory, 0o755);
  const { status, stderr } = await run(CREATE, { KLEE_ROOT: directory });
  assert.equal(status, 1, stderr);
  assert.match(stderr, /hint: /);
});

test('a state directory that cannot be made', async () => {
  const { status, stderr } = await run(CREATE, { KLEE_ROOT: join(NO_ARCHIVE, 'state') });
  assert.equal(status, 1, stderr);
  assert.match(stderr, /hint: /);
});

test.run();
