/** Networks of one subnet, which a user insists on: what is restored for one leaves the routes of the others alone. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { LinuxWorld } from '../support/linux.ts';
import { ip } from '../support/packets.ts';

const world = new LinuxWorld('/run');
const SUBNETS = ['10.71.0.0/24', 'fd71::/64'];
const NAMES = ['net0', 'net1'];
const NO_GATEWAY = ['--gw', '', '--gw6', ''];

async function create(name: string, options: readonly string[]): Promise<string> {
  const subnets = ['--subnet', SUBNETS[0] ?? '', '--subnet6', SUBNETS[1] ?? ''];
  const id = await world.ok(['network', 'create', '--allow-overlap', ...subnets, ...options, name]);
  return `kln${id}`;
}

/** Lines such as `10.71.0.0/24 dev kln…`, one for each route to the subnets. */
function routes(place: readonly string[] = []): readonly string[] {
  return ['-4', '-6']
    .flatMap((family) => ip([...place, family, 'route', 'show'].join(' ')).split('\n'))
    .filter((line) => SUBNETS.some((subnet) => line.startsWith(`${subnet} `)))
    .map((line) => line.trim())
    .toSorted();
}

async function repaired(): Promise<void> {
  assert.equal((await world.klee('system check')).status, 1);
  await world.ok('system repair');
  assert.equal(await world.ok('system check'), '');
}

test('on the host', async () => {
  for (const options of [[], NO_GATEWAY]) {
    const devices: string[] = [];
    for (const name of NAMES) devices.push(await create(name, ['--type', 'bridge', ...options]));
    const before = routes();
    assert.equal(before.length, 4, before.join('\n'));
    for (const device of devices) {
      for (const subnet of SUBNETS) ip(`route delete ${subnet} dev ${device}`);
      await repaired();
      assert.deepEqual(routes(), before);
    }
    for (const name of NAMES) await world.ok(`network rm ${name}`);
  }
});

test("a custom network leaves the user's own routes to its subnet", async () => {
  for (const name of ['lan1', 'lan2']) ip(`link add name ${name} type bridge`);
  for (const name of ['lan1', 'lan2']) ip(`link set dev ${name} up`);
  for (const subnet of SUBNETS) ip(`route add ${subnet} dev lan1`);
  const before = routes();
  await create('lan', ['--type', 'custom', '--interface', 'lan2']);
  await world.ok('run -d --name box -n lan --driver ipnet host sleep 600');
  assert.equal(routes().length, 4);
  await world.ok('container rm -f box');
  await world.ok('network rm lan');
  assert.deepEqual(routes(), before);
  for (const name of ['lan1', 'lan2']) ip(`link delete dev ${name}`);
});

test('in a container', async () => {
  for (const name of NAMES) await create(name, ['--type', 'bridge', ...NO_GATEWAY]);
  const id = await world.ok('run -d --name box --driver vnet -n net0 -n net1 host sleep 600');
  const place = ['-netns', `klee-${id}`];
  const before = routes(place);
  assert.equal(before.length, 4, before.join('\n'));
  await world.ok('system repair');
  assert.deepEqual(routes(place), before);
  for (const device of ['eth0', 'eth1']) {
    for (const subnet of SUBNETS)
      ip([...place, 'route', 'delete', subnet, 'dev', device].join(' '));
    await repaired();
    assert.deepEqual(routes(place), before);
  }
  await world.ok('container rm -f box');
  for (const name of NAMES) await world.ok(`network rm ${name}`);
});

test.run();
