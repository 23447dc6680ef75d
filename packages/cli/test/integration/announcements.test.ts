/** What neighbours on a bridge learn of an address that was another's a moment ago, and what that leaves on the host. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { ip } from '../support/packets.ts';
import { LinuxWorld } from '../support/linux.ts';

const world = new LinuxWorld('/run');
const FORMER = '02:00:00:00:00:99';

interface Made {
  readonly id: string;
  /** The network namespace. */
  readonly place: string;
}

async function run(name: string, driver: string, network: string): Promise<Made> {
  const words = `run -d --name ${name} --driver ${driver} -n ${network} host sleep 600`;
  const id = await world.ok(words.split(' '));
  return { id, place: `klee-${id}` };
}

function macOf(place: string, address: string): string | undefined {
  return / lladdr (\S+)/.exec(ip(`-netns ${place} neighbour show to ${address} dev eth0`))?.[1];
}

for (const [what, options] of [
  ['has a gateway on the host', []],
  ['has no address on the host', ['--gw', '', '--gw6', '']],
] as const) {
  test(`neighbours on a bridge that ${what} learn who has an address now, and the host forgets nothing`, async () => {
    const subnets = ['--subnet', '10.66.0.0/24', '--subnet6', 'fd66::/64'];
    await world.ok(['network', 'create', '--type', 'bridge', ...subnets, ...options, 'net']);
    const bridge = /kln[0-9a-f]+/.exec(ip('link show type bridge'))?.[0] ?? '';
    const mac = /link\/ether (\S+)/.exec(ip(`link show dev ${bridge}`))?.[1];
    const { place } = await run('neighbour', 'vnet', 'net');
    await run('first', 'ipnet', 'net:ip=10.66.0.20,ip6=fd66::20');
    const host = (): readonly string[] =>
      [
        `route show dev ${bridge}`,
        'neighbour show proxy',
        `address show dev ${bridge}`,
        'address show dev lo',
      ].map((line) => ip(line));
    const before = host();
    for (const address of ['10.66.0.50', 'fd66::50'])
      ip(`-netns ${place} neighbour replace ${address} lladdr ${FORMER} dev eth0 nud stale`);

    await run('second', 'ipnet', 'net:ip=10.66.0.50,ip6=fd66::50');
    assert.deepEqual(
      ['10.66.0.50', 'fd66::50'].map((address) => macOf(place, address)),
      [mac, mac],
    );
    await world.ok(['container', 'rm', '-f', 'second']);
    assert.deepEqual(host(), before);
    for (const name of ['first', 'neighbour']) await world.ok(['container', 'rm', '-f', name]);
    await world.ok(['network', 'rm', 'net']);
  });
}

test.run();
