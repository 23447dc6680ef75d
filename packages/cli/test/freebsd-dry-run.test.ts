/**
 * The commands that klee runs on FreeBSD for each use case, in their order, as `--dry-run` shows them: in files to be
 * read by people who know FreeBSD. What comes before has really been done, on a model of a host.
 */
import { deepEqual } from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import { FreebsdWorld } from './support/freebsd.ts';
import { Golden } from './support/golden.ts';
import { plainNames } from './support/plain-names.ts';

const test = suite('dry runs on FreeBSD');
const golden = new Golden(join(import.meta.dirname, 'golden/freebsd'));

const NET4 = '--subnet 10.4.6.0/24';
const NET6 = '--subnet6 fd46::/64';
const LOOPBACK = `network create ${NET4} ${NET6} net`;
const BRIDGE = `network create -t bridge ${NET4} ${NET6} net`;
const CONNECT = 'network connect net c';
const DISCONNECT = 'network disconnect net c';
const create = (driver: string, options = ''): string =>
  `create --name c -l ${driver} ${options}host sleep 600`;
const run = (driver: string, options = ''): string =>
  `run -d --name c -l ${driver} ${options}host sleep 600`;

/** The host reaches the outside in both families. */
const UPLINK = [
  'ifconfig ext0 inet6 2001:db8::10/64 alias no_dad -ifdisabled',
  'route -n add default 192.0.2.1',
  'route -n add -inet6 default 2001:db8::1',
];

/** Command lines; the last one is run dry. */
const USE_CASES: Readonly<Record<string, readonly string[]>> = {
  'network-create-loopback': [LOOPBACK],
  'network-create-loopback-ipv4': [`network create ${NET4} net`],
  'network-create-loopback-ipv6': [`network create ${NET6} net`],
  'network-create-bridge': [BRIDGE],
  'network-create-bridge-ipv4': [`network create -t bridge ${NET4} net`],
  'network-create-bridge-ipv6': [`network create -t bridge ${NET6} net`],
  'network-create-bridge-mtu': [`network create -t bridge --mtu 9000 ${NET4} net`],
  'network-create-bridge-without-gateway': [
    'network create -t bridge --gw= --subnet 10.4.6.0/24 net',
  ],
  'network-create-bridge-without-nat': [`network create -t bridge --no-nat ${NET4} ${NET6} net`],
  'network-create-icc-off': [`network create -t bridge --no-icc ${NET4} ${NET6} net`],
  'network-create-internal': [`network create -t bridge --internal ${NET4} ${NET6} net`],
  'network-create-custom': [
    `network create -t custom -i ext0 --allow-overlap --subnet 192.0.2.0/24 ${NET6} net`,
  ],
  'network-rm-loopback': [LOOPBACK, 'network rm net'],
  'network-rm-bridge': [BRIDGE, 'network rm net'],
  'network-rm-connected': [BRIDGE, run('vnet', '-n net '), 'network rm net'],
  'network-connect-ipnet-stopped': [LOOPBACK, create('ipnet'), CONNECT],
  'network-connect-ipnet-ipv4': [`network create ${NET4} net`, run('ipnet'), CONNECT],
  'network-connect-ipnet-ipv6': [`network create ${NET6} net`, run('ipnet'), CONNECT],
  'network-connect-ipnet-dual': [LOOPBACK, run('ipnet'), CONNECT],
  'network-connect-ipnet-bridge': [BRIDGE, run('ipnet'), CONNECT],
  'network-connect-ipnet-icc-off': [
    `network create --no-icc ${NET4} ${NET6} net`,
    run('ipnet'),
    CONNECT,
  ],
  'network-connect-ipnet-second-network': [
    LOOPBACK,
    'network create --subnet 10.4.7.0/24 --subnet6 fd47::/64 other',
    run('ipnet', '-n net '),
    'network connect other c',
  ],
  'network-connect-vnet-stopped': [BRIDGE, create('vnet'), CONNECT],
  'network-disconnect-ipnet': [LOOPBACK, run('ipnet', '-n net '), DISCONNECT],
  'network-disconnect-vnet': [BRIDGE, run('vnet', '-n net '), DISCONNECT],
  'network-disconnect-vnet-hands-over-the-default-route': [
    BRIDGE,
    'network create -t bridge --subnet 10.4.7.0/24 --subnet6 fd47::/64 other',
    run('vnet', '-n net:gw-priority=10 -n other '),
    DISCONNECT,
  ],
  'network-disconnect-stopped': [BRIDGE, create('vnet', '-n net '), DISCONNECT],
  'create-host-image': [create('ipnet')],
  'create-image': ['image import base SOURCE', 'create --name c -l ipnet base'],
  'run-ipnet': [LOOPBACK, run('ipnet', '-n net ')],
  'run-vnet': [BRIDGE, run('vnet', '-n net ')],
  'run-vnet-ipv4': [`network create -t bridge ${NET4} net`, run('vnet', '-n net ')],
  'run-vnet-ipv6': [`network create -t bridge ${NET6} net`, run('vnet', '-n net ')],
  'run-vnet-icc-off': [
    `network create -t bridge --no-icc ${NET4} ${NET6} net`,
    run('vnet', '-n net '),
  ],
  'run-vnet-internal': [
    `network create -t bridge --internal ${NET4} ${NET6} net`,
    run('vnet', '-n net '),
  ],
  'run-mount-and-parameters': [run('disabled', '-m /data:/srv:ro -J allow.raw_sockets=1 ')],
  'run-host': [run('host')],
  'run-disabled': [run('disabled')],
  'run-image-ipnet': [
    LOOPBACK,
    'image import base SOURCE',
    'run -d --name c -l ipnet -n net -u www -e COLOR=green base /bin/sh -c true',
  ],
  'run-image-vnet': [BRIDGE, 'image import base SOURCE', 'run -d --name c -l vnet -n net base'],
  'run-image-host': ['image import base SOURCE', 'run -d --name c -l host base'],
  'run-image-disabled': ['image import base SOURCE', 'run -d --name c -l disabled base'],
  'run-foreground': [LOOPBACK, 'run --rm --name c -n net host hostname'],
  'run-publish-ipnet': [LOOPBACK, run('ipnet', '-n net -p 8080:80 ')],
  'run-publish-vnet-range': [BRIDGE, run('vnet', '-n net -p ext0:5000:5010:4000:*/udp ')],
  start: [BRIDGE, create('vnet', '-n net '), 'start c'],
  'stop-ipnet': [LOOPBACK, run('ipnet', '-n net '), 'stop c'],
  'stop-vnet': [BRIDGE, run('vnet', '-n net '), 'stop c'],
  'rm-stopped': [create('ipnet'), 'container rm c'],
  'rm-force-ipnet': [LOOPBACK, run('ipnet', '-n net '), 'container rm -f c'],
  'rm-force-vnet-published': [BRIDGE, run('vnet', '-n net -p 8080:80 '), 'container rm -f c'],
  exec: [run('ipnet'), 'exec c ls /'],
  'exec-user': [run('ipnet'), 'exec -u www -e COLOR=green c env'],
  'image-import-directory': ['image import base SOURCE'],
  'image-import-tar': ['image import base SOURCE.txz'],
  'image-rm': ['image import base SOURCE', 'image rm base'],
  'system-up': [BRIDGE, create('vnet', '-n net --restart on-startup '), 'system up'],
  'system-down': [BRIDGE, run('vnet', '-n net '), 'system down'],
};

for (const [name, commands] of Object.entries(USE_CASES)) {
  test(name, async () => {
    const world = new FreebsdWorld();
    for (const line of UPLINK) world.host.host.run(line.split(' '));
    const source = join(world.root, 'base');
    mkdirSync(join(source, 'etc'), { recursive: true });
    writeFileSync(`${source}.txz`, '');
    const words = commands.map((line) => line.replace('SOURCE', source).split(' '));
    try {
      const [last = [], ...given] = words.toReversed();
      for (const one of given.toReversed()) await world.ok(one);
      const before = await world.host.inspect();
      const { status, stdout, stderr } = await world.klee(['--dry-run', ...last]);
      deepEqual([status, await world.host.inspect()], [0, before], stderr);
      const told = [...given.toReversed(), ['--dry-run', ...last]].map(
        (one) => `$ klee ${one.join(' ')}\n`,
      );
      const text = [...told, '\n', stderr, stdout].join('');
      golden.compare(
        name,
        plainNames(
          text.replaceAll(source, '/usr/freebsd').replaceAll(world.directory, '/var/db/kleenet'),
        ),
      );
    } finally {
      world.remove();
    }
  });
}

test('every file belongs to a use case', () => {
  deepEqual(golden.strangers(), []);
});

test.run();
