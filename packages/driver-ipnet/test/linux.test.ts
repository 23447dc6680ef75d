import assert from 'node:assert/strict';
import { test } from 'uvu';
import {
  SILENT_LOGGER,
  buildAttachTarget,
  buildContainer,
  buildEndpoint,
  buildNetwork,
  createFakeClock,
} from '@kleenet/core/testing';
import type { Argv, AttachTarget, CommandRunner, MacAddress } from '@kleenet/core/driver';
import { rankOf } from '@kleenet/core/driver';
import { LINK_GROUP } from '@kleenet/core/linux';
import type { IpObject } from '@kleenet/core/linux';
import { LinuxIpnet } from '../src/linux.ts';
import {
  foreign,
  hostProblems,
  ownDefaultRouteLines,
  sandboxProblems,
} from '../src/linux-observe.ts';
import {
  announceLines,
  hostAttachLines,
  sandboxAttachLines,
  unannounceLines,
} from '../src/linux-plan.ts';

const container = buildContainer({ name: 'c', driver: 'ipnet', stack: 'restricted' });
const network = buildNetwork({ name: 'n', subnet: '10.1.0.0/24' });

function target(index: number): AttachTarget {
  return buildAttachTarget({
    network,
    container,
    endpoint: buildEndpoint({ network, container, index }),
    sandbox: {
      name: 'klee-c',
      stack: 'restricted',
      link: {
        hostInterface: 'klcc',
        interface: 'eth0',
        hostMac: '02:00:00:00:00:01' as MacAddress,
        mac: '02:00:00:00:00:02' as MacAddress,
      },
    },
  });
}

/** A host that shows nothing, and refuses every change. */
function refusing(reason: (argv: Argv) => string): CommandRunner {
  return {
    read: () => Promise.resolve({ status: 0, stdout: '', stderr: '' }),
    change: (argv) =>
      Promise.resolve({ status: 1, stdout: '', stderr: `${reason(argv)}\nCommand failed -:1\n` }),
    foreground: () => assert.fail('nothing is run in the foreground'),
  };
}

const ADDRESS = '10.1.0.10';
const way = { gateway: '169.254.1.1', prefsrc: ADDRESS, table: 'main', protocol: 'boot' };
const link = {
  ifname: 'eth0',
  flags: ['UP'],
  mtu: 1500,
  address: '02:00:00:00:00:02',
  addr_info: [{ local: ADDRESS, prefixlen: 32 }],
};
const hop = { dst: '169.254.1.1', lladdr: '02:00:00:00:00:01', state: ['PERMANENT'] };
const subnet = { ...way, dst: '10.1.0.0/24' };
const anywhere = { ...way, dst: 'default', metric: rankOf(target(0).endpoint) };
const WHOLE: readonly IpObject[] = [link, hop, subnet, anywhere];

test('every attach makes the next hop, after the address that the kernel ties it to', () => {
  const lines = sandboxAttachLines(target(0));
  const address = lines.findIndex((line) => line.startsWith(`address replace ${ADDRESS}/32`));
  const neighbour = lines.findIndex((line) => line.startsWith('neighbour replace 169.254.1.1'));
  assert.ok(address >= 0 && neighbour > address);
});

test('endpoints of one priority have other metrics, whatever their ids', () => {
  const metrics = [0, 1, 2].map(
    (index) => /metric (\d+)/.exec(sandboxAttachLines(target(index)).join())?.[1],
  );
  assert.equal(new Set(metrics).size, 3);
});

test('neighbours are told whose an address is now, where there are any, and nothing of that stays', () => {
  const shared = (type: 'bridge' | 'custom' | 'loopback'): AttachTarget => {
    const wide = buildNetwork({ name: type, type, subnet: '10.1.0.0/24', subnet6: 'fd01::/64' });
    const endpoint = buildEndpoint({ network: wide, container });
    return buildAttachTarget({ network: wide, container, endpoint });
  };
  const [one, other] = [shared('bridge'), shared('custom')];
  const asked = (device: string): readonly string[] => [
    `address add 10.1.0.10/32 dev ${device} scope link`,
    `neighbour replace 10.1.0.10 dev ${device} use`,
    `neighbour delete 10.1.0.10 dev ${device}`,
    `address delete 10.1.0.10/32 dev ${device}`,
  ];
  const bridge = one.network.interface;
  const others = (device: string): readonly IpObject[] => [
    { ...link, ifname: device, addr_info: [{ local: '10.1.0.1', prefixlen: 24 }] },
  ];
  // The address stays until the kernel has advertised it.
  assert.deepEqual(announceLines(one, others(bridge)), [
    ...asked(bridge),
    `address add fd01::a/128 dev ${bridge}`,
  ]);
  // Nothing of the user's interface is set, so that the kernel would not advertise there.
  assert.deepEqual(announceLines(other, others('ext0')), asked('ext0'));
  for (const each of [one, other]) {
    const { interface: device } = each.network;
    assert.deepEqual(unannounceLines(each), [
      `address delete 10.1.0.10/32 dev ${device}`,
      'address delete 10.1.0.10/32 dev lo label lo:klee',
      `address delete fd01::a/128 dev ${device}`,
    ]);
  }
  const alone = shared('loopback');
  assert.deepEqual(announceLines(alone, others(alone.network.interface)), []);
  assert.deepEqual(unannounceLines(alone), []);
});

test('an interface without an IPv4 address does not get one for a moment, but the loopback does: the kernel would forget its routes', () => {
  const bridge = buildNetwork({ name: 'b', type: 'bridge', subnet: '10.1.0.0/24' });
  const one = buildAttachTarget({
    network: bridge,
    container,
    endpoint: buildEndpoint({ network: bridge, container }),
  });
  const nothing: IpObject = { ...link, ifname: bridge.interface, addr_info: [] };
  const interrupted = { ...nothing, addr_info: [{ local: ADDRESS, prefixlen: 32 }] };
  const six = { ...nothing, addr_info: [{ local: 'fd01::1', prefixlen: 64 }] };
  const elsewhere = { ...link, addr_info: [{ local: '10.1.0.1', prefixlen: 24 }] };
  for (const shown of [nothing, interrupted, six, elsewhere])
    assert.deepEqual(announceLines(one, [shown]), [
      `address add ${ADDRESS}/32 dev lo label lo:klee scope site`,
      `neighbour replace ${ADDRESS} dev ${bridge.interface} use`,
      `neighbour delete ${ADDRESS} dev ${bridge.interface}`,
      `address delete ${ADDRESS}/32 dev lo label lo:klee`,
    ]);
});

test('a route of the host with another source is told, and an address with another prefix length', () => {
  const open = buildNetwork({ name: 'b', type: 'bridge', subnet: '10.1.0.0/24' });
  const of = { ...target(0), network: open, endpoint: buildEndpoint({ network: open, container }) };
  const own = { dst: ADDRESS, dev: 'klcc', table: 'main', protocol: '107', prefsrc: '10.1.0.1' };
  const there = (route: object): readonly IpObject[] => [
    { ...link, ifname: 'klcc', address: '02:00:00:00:00:01', group: LINK_GROUP },
    { dst: ADDRESS, lladdr: '02:00:00:00:00:02', state: ['PERMANENT'] },
    { dst: ADDRESS, proxy: null },
    { ...own, ...route },
  ];
  assert.deepEqual(hostProblems(of, there({})), []);
  assert.deepEqual(hostProblems(of, there({ prefsrc: '192.0.2.1' })), [
    `the host has no route to ${ADDRESS} of container 'c'`,
  ]);
  const unmarked = there({}).map((one) => ('group' in one ? { ...one, group: 'default' } : one));
  assert.deepEqual(hostProblems(of, unmarked), ["interface klcc is not klee's"]);
  const wide = { ...link, addr_info: [{ local: ADDRESS, prefixlen: 26 }] };
  assert.deepEqual(sandboxProblems(target(0), [wide, hop, subnet, anywhere]), [
    `container 'c' lacks its address ${ADDRESS}`,
    `container 'c' has the address ${ADDRESS}/26, which klee did not make`,
  ]);
});

test('the host sends from its own address in the network, where it has one', () => {
  const routeOf = (parts: Parameters<typeof buildNetwork>[0]): string => {
    const one = buildNetwork({ name: 'b', subnet: '10.1.0.0/24', ...parts });
    const endpoint = buildEndpoint({ network: one, container });
    const lines = hostAttachLines({ ...target(0), network: one, endpoint });
    return lines.find((line) => line.startsWith('route')) ?? '';
  };
  assert.match(routeOf({ type: 'bridge' }), / src 10\.1\.0\.1$/);
  // A manual one is not the host's.
  assert.match(routeOf({ type: 'bridge', gateway: '10.1.0.7' }), / proto 107$/);
  assert.match(routeOf({ type: 'bridge', gateway: '' }), / proto 107$/);
  assert.match(routeOf({ type: 'loopback' }), / proto 107$/);
});

test('a sandbox as attach makes it has no problems', () => {
  assert.deepEqual(sandboxProblems(target(0), WHOLE), []);
});

for (const [what, shown, message] of [
  ['no next hop', [link, subnet, anywhere], /next hop 169\.254\.1\.1/],
  [
    'another next hop',
    [link, { ...hop, lladdr: '02:00:00:00:00:09' }, subnet, anywhere],
    /next hop/,
  ],
  ['no address', [{ ...link, addr_info: [] }, hop, subnet, anywhere], /lacks its address/],
  ['a link that is down', [{ ...link, flags: [] }, hop, subnet, anywhere], /is down/],
  ['no way out', [link, hop, subnet], /lacks its route to anywhere/],
  ['another metric', [link, hop, subnet, { ...anywhere, metric: 5 }], /lacks its route/],
  [
    'another gateway',
    [link, hop, { ...subnet, gateway: '169.254.1.9' }, anywhere],
    /lacks its route/,
  ],
  ['a route of another', [...WHOLE, { ...way, dst: '1.2.3.0/24' }], /1\.2\.3\.0\/24.*did not make/],
] as const) {
  test(`${what} is seen`, () => {
    assert.match(sandboxProblems(target(0), shown as readonly IpObject[]).join('; '), message);
  });
}

test('what nobody made is removed', () => {
  const shown = [{ ...link, addr_info: [{ local: '10.1.0.99', prefixlen: 32 }] }];
  assert.deepEqual(
    foreign(target(0), shown).map(({ line }) => line),
    ['address delete 10.1.0.99/32 dev eth0'],
  );
});

test('detaching removes the default routes of the endpoint, whatever metric an earlier klee gave them', () => {
  const shown = [
    { ...anywhere, metric: 77 },
    anywhere,
    { ...anywhere, prefsrc: '10.1.0.11' },
    { ...anywhere, table: 'other' },
    subnet,
  ];
  assert.deepEqual(ownDefaultRouteLines(target(0), shown as readonly IpObject[]), [
    `route delete 0.0.0.0/0 via 169.254.1.1 src ${ADDRESS} metric 77 dev eth0`,
    `route delete 0.0.0.0/0 via 169.254.1.1 src ${ADDRESS} metric ${anywhere.metric} dev eth0`,
  ]);
});

test('attaching puts an interface back that was about to be deleted, and leaves one that is not of klee', async () => {
  const groupsAfter = async (group: string): Promise<readonly string[]> => {
    const changed: string[] = [];
    const outside = { ...link, ifname: 'klcc', group };
    const commands: CommandRunner = {
      read: () => Promise.resolve({ status: 0, stdout: JSON.stringify([outside]), stderr: '' }),
      change: (_, { input = '' } = {}) => {
        changed.push(...input.split('\n').filter((line) => line.includes(' group ')));
        return Promise.resolve({ status: 0, stdout: '', stderr: '' });
      },
      foreground: () => assert.fail('not expected'),
    };
    const dependencies = { commands, clock: createFakeClock(), logger: SILENT_LOGGER };
    const call = { signal: new AbortController().signal, claim: () => Promise.resolve() };
    await new LinuxIpnet(dependencies).attach(target(0), call);
    return changed;
  };
  assert.deepEqual(await groupsAfter('1802240007'), [`link set dev klcc group ${LINK_GROUP}`]);
  for (const group of [LINK_GROUP, 'default']) assert.deepEqual(await groupsAfter(group), []);
});

test('detaching goes on in the container when the host refuses, and tells what failed on both', async () => {
  const commands = refusing((argv) =>
    argv.includes('-netns') ? 'inside says no' : 'outside says no',
  );
  const dependencies = { commands, clock: createFakeClock(), logger: SILENT_LOGGER };
  const call = { signal: new AbortController().signal, claim: () => Promise.resolve() };
  await assert.rejects(
    new LinuxIpnet(dependencies).detach(target(0), call),
    /outside says no; also failed: .*inside says no/,
  );
});

test.run();
