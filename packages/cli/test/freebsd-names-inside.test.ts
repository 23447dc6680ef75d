/** How interfaces of vnet containers are named and numbered on a FreeBSD host, to which they may come home. */
import { deepEqual, equal, match, notEqual } from 'node:assert/strict';
import { suite } from 'uvu';
import { FreebsdWorld } from './support/freebsd.ts';

const test = suite('names and MAC addresses inside vnet containers');

const UPLINK = { name: 'eth0', ether: '02:00:5e:00:53:01', addresses: ['192.0.2.10/24'] };

async function worldWith(uplink: typeof UPLINK): Promise<FreebsdWorld> {
  const world = new FreebsdWorld({ interfaces: [uplink] });
  await world.ok('network create -t bridge --subnet 10.4.6.0/24 --subnet6 fd04:6::/64 lan');
  return world;
}

/** The interfaces in the jails, by name. */
async function inJails(world: FreebsdWorld): Promise<readonly string[]> {
  const { interfaces } = await world.host.inspect();
  return Object.keys(interfaces).flatMap((key) => /^klee-\w+\/(\w+)$/.exec(key)?.[1] ?? []);
}

const RUN = 'run -d --driver vnet -n lan --name';

test('a container has eth0, and another name where the host has that one', async () => {
  for (const [name, expected] of [
    ['ext0', ['eth0']],
    ['eth0', ['eth1']],
  ] as const) {
    const world = await worldWith({ ...UPLINK, name });
    await world.ok(`${RUN} one host sleep 600`);
    deepEqual(await inJails(world), expected);
    world.remove();
  }
});

test('that holds for a container that is connected later, and on a second network', async () => {
  const world = await worldWith({ ...UPLINK, name: 'eth1' });
  await world.ok('network create -t bridge --subnet 10.4.7.0/24 dmz');
  await world.ok('create --driver vnet --name one host sleep 600');
  await world.ok('network connect lan one');
  await world.ok('network connect dmz one');
  await world.ok('start one');
  deepEqual((await inJails(world)).toSorted(), ['eth0', 'eth2']);
  world.remove();
});

test('the host survives a repair after jail(8) has removed a jail whose end has the name of an uplink', async () => {
  const world = await worldWith({ ...UPLINK, name: 'ext0' });
  await world.ok(`${RUN} one host sleep 600`);
  const { host } = world.host;
  const run = (words: string): void => {
    const { status, stderr } = host.run(words.split(' '), '');
    equal(status, 0, stderr);
  };
  run('ifconfig ext0 name eth0');
  const [jail = ''] = Object.keys((await world.host.inspect()).sandboxes);
  run(`jail -r ${jail}`);
  match(host.run(['ifconfig', '-l'], '').stdout, /eth0 .*epair\d+a.* eth0/);
  const { status, stdout, stderr } = await world.klee('system repair');
  notEqual(status, 0);
  match(stdout + stderr, /two interfaces named eth0/);
  match(host.run(['ifconfig', '-l'], '').stdout, /epair\d+a/);
  run('ifconfig eth0 name up0');
  await world.ok('system repair');
  deepEqual(host.run(['ifconfig', '-g', 'epair'], '').stdout, '');
  match(host.run(['ifconfig', '-l'], '').stdout, /\bup0\b/);
  world.remove();
});

interface Inspected {
  readonly network_endpoints: readonly {
    readonly id: string;
    readonly epair: string | null;
    readonly mac_address: string;
  }[];
}

test('whoever gets an address gets its MAC address, so that neighbours need not learn another one', async () => {
  const world = await worldWith(UPLINK);
  const macOf = async (options: string): Promise<string> => {
    await world.ok(`${RUN} one ${options} host sleep 600`);
    const report = await world.json<Inspected>('network inspect lan');
    await world.ok('container rm -f one');
    return report.network_endpoints[0]?.mac_address ?? '';
  };
  const first = await macOf('--ip6 fd04:6::50');
  match(first, /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/);
  equal(await macOf('--ip6 fd04:6::50'), first);
  notEqual(await macOf('--ip6 fd04:6::51'), first);
  world.remove();
});

test("an epair that somebody else has is not named as the container's", async () => {
  const world = await worldWith(UPLINK);
  await world.ok('create --driver vnet -n lan --name one host sleep 600');
  const [before] = (await world.json<Inspected>('network inspect lan')).network_endpoints;
  const unit = 1000 + (Number.parseInt(before?.id ?? '', 16) % 30_000);
  equal(world.host.host.run(['ifconfig', `epair${unit}`, 'create'], '').status, 0);
  await world.ok('start one');
  const [after] = (await world.json<Inspected>('network inspect lan')).network_endpoints;
  equal(after?.epair, `epair${unit + 1}a`);
  await world.ok('container rm -f one');
  match(world.host.host.run(['ifconfig', '-l'], '').stdout, new RegExp(`epair${unit}a`));
  world.remove();
});

test.run();
