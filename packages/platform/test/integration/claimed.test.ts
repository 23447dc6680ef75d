/** What a driver left behind is taken away by what was claimed, and nothing else is. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { createWorld } from './host.ts';
import type { World } from './host.ts';

async function ip(world: World, ...words: string[]): Promise<string> {
  return (await world.commands.read(['ip', ...words])).stdout;
}

test('interfaces, routes, addresses and neighbours go; what bears no mark stays', async () => {
  const world = createWorld();
  const make = (...words: string[]): Promise<unknown> => world.commands.change(['ip', ...words]);
  await make(
    'link',
    'add',
    'name',
    'kle1',
    'group',
    '27500',
    'type',
    'veth',
    'peer',
    'name',
    'other1',
  );
  await make('link', 'add', 'name', 'theirs', 'type', 'veth', 'peer', 'name', 'other2');
  await make('link', 'set', 'theirs', 'up');
  await make('link', 'set', 'other2', 'up');
  await make('address', 'add', '10.9.0.1/32', 'dev', 'theirs');
  await make('address', 'add', '10.9.0.2/32', 'dev', 'theirs');
  await make('route', 'add', '10.9.0.5/32', 'dev', 'theirs', 'proto', '107');
  await make('route', 'add', '10.9.0.6/32', 'dev', 'theirs');
  await make('neighbour', 'add', 'proxy', '10.9.0.5', 'dev', 'theirs');
  await make('neighbour', 'add', '10.9.0.5', 'lladdr', '02:00:00:00:00:09', 'dev', 'theirs');
  const known = [
    { kind: 'interface', name: 'kle1' },
    { kind: 'interface', name: 'kle2' },
    { kind: 'address', name: '10.9.0.1/32', interface: 'theirs' },
    { kind: 'route', name: '10.9.0.5/32', device: 'theirs' },
    { kind: 'route', name: '10.9.0.6/32', device: 'theirs' },
    { kind: 'neighbour', name: '10.9.0.4', device: 'theirs' },
    { kind: 'neighbour', name: '10.9.0.5', device: 'theirs' },
    { kind: 'neighbour', name: '10.9.0.5', device: 'gone' },
  ];
  const left = [
    { kind: 'interface', name: 'theirs' },
    { kind: 'tunnel-peer', name: 'peer1' },
  ];
  for (let time = 0; time < 2; time++) {
    assert.deepEqual(
      await world.platform.removeResources([...known, ...left], world.operation),
      left,
    );
    const links = await ip(world, '-o', 'link', 'show');
    assert.match(links, / theirs@/);
    assert.doesNotMatch(links, /kle1/);
    const addresses = await ip(world, '-o', 'address', 'show', 'dev', 'theirs');
    assert.match(addresses, /10\.9\.0\.2/);
    assert.doesNotMatch(addresses, /10\.9\.0\.1\//);
    // A route of another protocol number is not ours, whatever was claimed.
    const routes = await ip(world, 'route', 'show', 'dev', 'theirs');
    assert.match(routes, /10\.9\.0\.6/);
    assert.doesNotMatch(routes, /10\.9\.0\.5/);
    assert.equal((await ip(world, 'neighbour', 'show', 'proxy')).trim(), '');
    assert.equal((await ip(world, 'neighbour', 'show', 'dev', 'theirs')).trim(), '');
  }
});

test('an interface in a container goes, one of the same name on the host stays', async () => {
  const world = createWorld();
  const make = (line: string): Promise<unknown> =>
    world.commands.change(['ip', ...line.split(' ')]);
  const namespace = 'klee-0123456789ab';
  await make('link add name eth0 type bridge');
  await make('link add name parent0 type veth peer name parent1');
  await make(`netns add ${namespace}`);
  await make(`link add link parent0 name mv0 netns ${namespace} type macvlan mode bridge`);
  await make(`-netns ${namespace} link set dev mv0 name eth0`);
  const claimed = [
    { kind: 'interface', name: 'eth0', namespace },
    { kind: 'interface', name: 'eth1', namespace },
    { kind: 'interface', name: 'eth0', namespace: 'klee-ba9876543210' },
  ];
  const left = [
    { kind: 'interface', name: 'eth0', namespace: 'others' },
    { kind: 'address', name: '10.9.0.1/32', interface: 'eth0', namespace },
  ];
  for (let time = 0; time < 2; time++) {
    assert.deepEqual(
      await world.platform.removeResources([...claimed, ...left], world.operation),
      left,
    );
    assert.doesNotMatch(await ip(world, '-netns', namespace, '-o', 'link', 'show'), /eth0/);
    assert.match(await ip(world, '-o', 'link', 'show'), / eth0:/);
  }
});

test.run();
