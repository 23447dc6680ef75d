import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { Network, NetworkPlatform, NetworkType, Operation, Resource } from '@kleenet/core';
import { hasCode } from '@kleenet/core/errors';
import { buildNetwork, createRecordingLogger, createReplayRunner } from '@kleenet/core/testing';
import type { NetworkParts, RecordedCommand } from '@kleenet/core/testing';
import { createNetworkPlatform } from '../src/freebsd/networks.ts';
import { BARE_HOST, showInterfaces } from './support/freebsd-interfaces.ts';
import type { ShownInterface } from './support/freebsd-interfaces.ts';
import { STACKS, SUBNETS, change, read } from '../../core/test/support/scripted-freebsd.ts';
import type { Stack } from '../../core/test/support/scripted-freebsd.ts';
import { keepingClaims } from '../../core/test/support/operations.ts';

const network = (type: NetworkType, stack: Stack, parts: NetworkParts = {}): Network =>
  buildNetwork({ type, ...SUBNETS[stack], ...parts });
const NAME = network('bridge', 'IPv4').interface;
const MARK = `kleenet:network:${network('bridge', 'IPv4').id}`;

const GATEWAY4 = 'inet 10.10.36.1 netmask 0xffffff00 broadcast 10.10.36.255';
const GATEWAY6 = 'inet6 fd00:36::1 prefixlen 64';
const listing = (...interfaces: readonly ShownInterface[]): RecordedCommand =>
  read('ifconfig -a', { stdout: showInterfaces(...BARE_HOST, ...interfaces) });
const HAS_MODULE = read('kldstat -q -m if_bridge');

type Act = (networks: NetworkPlatform, operation: Operation) => Promise<unknown>;

/** Runs something on a host that answers from a script, to the script's end. */
async function replay(script: readonly RecordedCommand[], act: Act): Promise<void> {
  await replayed(script, act);
}

/** The same, and what was claimed and told. */
async function replayed(
  script: readonly RecordedCommand[],
  act: Act,
): Promise<{ readonly claims: readonly Resource[]; readonly warnings: readonly string[] }> {
  const { operation, claims } = keepingClaims();
  const logger = createRecordingLogger();
  const commands = createReplayRunner(script);
  await act(createNetworkPlatform({ commands, logger }), operation);
  commands.assertDone();
  return { claims, warnings: logger.warned };
}

const PFIL_MEMBER = 'net.link.bridge.pfil_member';
const PFIL_ONLYIP = 'net.link.bridge.pfil_onlyip';

const forwardingOf = (stack: Stack): readonly string[] => [
  ...(stack === 'IPv6' ? [] : ['net.inet.ip.forwarding']),
  ...(stack === 'IPv4' ? [] : ['net.inet6.ip6.forwarding']),
];

/** The look at what a bridge needs of the kernel: whether packets between members are filtered, and forwarding. */
function settings(
  names: readonly string[],
  value: '0' | '1',
  filtered: '0' | '1' = '1',
): RecordedCommand {
  const lines = [
    `${PFIL_MEMBER}: ${filtered}`,
    `${PFIL_ONLYIP}: 1`,
    ...names.map((name) => `${name}: ${value}`),
  ];
  return read(['sysctl', PFIL_MEMBER, PFIL_ONLYIP, ...names].join(' '), {
    stdout: lines.map((line) => `${line}\n`).join(''),
  });
}

function forwarding(stack: Stack, value: '0' | '1'): readonly RecordedCommand[] {
  return [settings(forwardingOf(stack), value)];
}

const CREATE_LOOPBACK = `ifconfig lo create group klee description ${MARK} name ${NAME}`;
const CREATE_BRIDGE = `ifconfig bridge create group klee description ${MARK} name ${NAME}`;
const LOOPBACK: ShownInterface = { name: NAME, mtu: 16_384, description: MARK, groups: 'klee' };
const BRIDGE: ShownInterface = { name: NAME, description: MARK, groups: 'bridge klee' };

for (const stack of STACKS) {
  const addresses = [
    ...(stack === 'IPv6' ? [] : [change(`ifconfig ${NAME} inet 10.10.36.1/24 alias`)]),
    ...(stack === 'IPv4'
      ? []
      : [change(`ifconfig ${NAME} inet6 fd00:36::1/64 alias no_dad -ifdisabled`)]),
  ];
  const lines = [...(stack === 'IPv6' ? [] : [GATEWAY4]), ...(stack === 'IPv4' ? [] : [GATEWAY6])];

  test(`a loopback network is made, taken out of the group of lo0, and brought up: ${stack}`, () =>
    replay(
      [
        listing(),
        change(CREATE_LOOPBACK, { stdout: `${NAME}\n` }),
        change(`ifconfig ${NAME} up`),
        change(`ifconfig ${NAME} -group lo`),
      ],
      (networks, operation) => networks.up(network('loopback', stack), operation),
    ));

  test(`a loopback network that is up is left alone: ${stack}`, () =>
    replay([listing(LOOPBACK)], (networks, operation) =>
      networks.up(network('loopback', stack), operation),
    ));

  test(`a bridge is made, gets its gateways, and is brought up: ${stack}`, () =>
    replay(
      [
        listing(),
        ...forwarding(stack, '1'),
        HAS_MODULE,
        change(CREATE_BRIDGE, { stdout: `${NAME}\n` }),
        ...addresses,
        change(`ifconfig ${NAME} up`),
      ],
      (networks, operation) => networks.up(network('bridge', stack), operation),
    ));

  test(`a bridge that is up is left alone: ${stack}`, () =>
    replay(
      [listing({ ...BRIDGE, lines }), ...forwarding(stack, '1'), HAS_MODULE],
      (networks, operation) => networks.up(network('bridge', stack), operation),
    ));

  test(`a bridge gets back what it lost: ${stack}`, () =>
    replay(
      [
        listing({ ...BRIDGE, flags: 'BROADCAST' }),
        ...forwarding(stack, '1'),
        HAS_MODULE,
        ...addresses,
        change(`ifconfig ${NAME} up`),
      ],
      (networks, operation) => networks.up(network('bridge', stack), operation),
    ));

  test(`forwarding is turned on for a bridge, recorded, and told: ${stack}`, async () => {
    const names = forwardingOf(stack);
    const { claims, warnings } = await replayed(
      [
        listing({ ...BRIDGE, lines }),
        ...forwarding(stack, '0'),
        HAS_MODULE,
        ...names.map((name) => change(`sysctl ${name}=1`)),
      ],
      (networks, operation) => networks.up(network('bridge', stack), operation),
    );
    assert.deepEqual(
      claims,
      names.map((name) => ({ kind: 'sysctl', name, scope: 'host', value: '1', old: '0' })),
    );
    assert.deepEqual(
      warnings.map((line) => line.split(' ')[0]),
      names,
    );
  });

  test(`an internal bridge needs no forwarding: ${stack}`, () =>
    replay([listing({ ...BRIDGE, lines }), settings([], '1'), HAS_MODULE], (networks, operation) =>
      networks.up(network('bridge', stack, { internal: true }), operation),
    ));

  for (const internal of [false, true]) {
    const names = internal ? [] : forwardingOf(stack);
    const kind = `${stack}${internal ? ', internal' : ''}`;

    test(`the firewall is made to see what members of a bridge send each other: ${kind}`, async () => {
      const { claims, warnings } = await replayed(
        [
          listing({ ...BRIDGE, lines }),
          settings(names, '1', '0'),
          HAS_MODULE,
          change(`sysctl ${PFIL_MEMBER}=1`),
        ],
        (networks, operation) => networks.up(network('bridge', stack, { internal }), operation),
      );
      assert.deepEqual(claims, [
        { kind: 'sysctl', name: PFIL_MEMBER, scope: 'host', value: '1', old: '0' },
      ]);
      assert.match(warnings[0] ?? '', /pfil_member is set to 1, so that the firewall is asked/);
    });

    test(`observing tells that the firewall does not see what members send: ${kind}`, () =>
      replay([listing({ ...BRIDGE, lines }), settings(names, '1', '0')], async (networks) =>
        assert.deepEqual(await networks.observe(network('bridge', stack, { internal })), [
          `the kernel setting ${PFIL_MEMBER} is 0, not 1`,
        ]),
      ));
  }

  test(`a custom network needs its interface, and nothing is made: ${stack}`, async () => {
    await replay([listing()], (networks, operation) =>
      networks.up(network('custom', stack), operation),
    );
    await replay([listing()], (networks, operation) =>
      assert.rejects(
        networks.up(network('custom', stack, { interface: 'em7' }), operation),
        (error) => hasCode(error, 'INTERFACE_NOT_FOUND') && error.hint !== undefined,
      ),
    );
  });

  test(`observing finds nothing wrong with what is as it should be: ${stack}`, async () => {
    const observe = (script: readonly RecordedCommand[], type: NetworkType): Promise<unknown> =>
      replay(script, async (networks) =>
        assert.deepEqual(await networks.observe(network(type, stack)), []),
      );
    await observe([listing(LOOPBACK)], 'loopback');
    await observe([listing({ ...BRIDGE, lines }), ...forwarding(stack, '1')], 'bridge');
    await observe([listing()], 'custom');
  });

  test(`observing tells each difference of a bridge: ${stack}`, () =>
    replay(
      [listing({ ...BRIDGE, flags: 'BROADCAST', mtu: 9000 }), ...forwarding(stack, '0')],
      async (networks) =>
        assert.deepEqual(await networks.observe(network('bridge', stack, { mtu: 1400 })), [
          `interface ${NAME} is down`,
          ...(stack === 'IPv6' ? [] : [`interface ${NAME} lacks the gateway address 10.10.36.1`]),
          ...(stack === 'IPv4' ? [] : [`interface ${NAME} lacks the gateway address fd00:36::1`]),
          `interface ${NAME} has the MTU 9000, not 1400`,
          ...(stack === 'IPv6' ? [] : ['the kernel setting net.inet.ip.forwarding is 0, not 1']),
          ...(stack === 'IPv4' ? [] : ['the kernel setting net.inet6.ip6.forwarding is 0, not 1']),
        ]),
    ));

  test(`a gateway that another interface has is refused before anything is made: ${stack}`, () =>
    replay(
      [listing({ name: 'em1', lines }), ...forwarding(stack, '1'), HAS_MODULE],
      (networks, operation) =>
        assert.rejects(
          networks.up(network('bridge', stack), operation),
          (error) => hasCode(error, 'ADDRESS_IN_USE') && error.message.includes('em1'),
        ),
    ));
}

test('the MTU that is asked for is set when the interface is made, and when it differs', async () => {
  await replay(
    [
      listing(),
      ...forwarding('IPv4', '1'),
      HAS_MODULE,
      change(`${CREATE_BRIDGE} mtu 1400`),
      change(`ifconfig ${NAME} inet 10.10.36.1/24 alias`),
      change(`ifconfig ${NAME} up`),
    ],
    (networks, operation) => networks.up(network('bridge', 'IPv4', { mtu: 1400 }), operation),
  );
  await replay(
    [
      listing({ ...BRIDGE, lines: [GATEWAY4] }),
      ...forwarding('IPv4', '1'),
      HAS_MODULE,
      change(`ifconfig ${NAME} mtu 1400`),
    ],
    (networks, operation) => networks.up(network('bridge', 'IPv4', { mtu: 1400 }), operation),
  );
});

test('an interface that bears the name, but not our mark, is refused and left alone', async () => {
  const strangers: readonly ShownInterface[] = [
    { name: NAME, groups: 'bridge' },
    { name: NAME, groups: 'bridge klee' },
    { name: NAME, groups: 'bridge', description: MARK },
    { name: NAME, groups: 'bridge klee', description: 'kleenet:network:ffffffffffff' },
  ];
  for (const stranger of strangers) {
    const looked = [listing(stranger), ...forwarding('IPv4', '1'), HAS_MODULE];
    await replay(looked, (networks, operation) =>
      assert.rejects(networks.up(network('bridge', 'IPv4'), operation), (error) =>
        hasCode(error, 'INTERFACE_IN_USE'),
      ),
    );
    await replay([listing(stranger)], (networks, operation) =>
      networks.down(network('bridge', 'IPv4'), [], operation),
    );
    await replay([listing(stranger), ...forwarding('IPv4', '1')], async (networks) =>
      assert.deepEqual(await networks.observe(network('bridge', 'IPv4')), [
        `interface ${NAME} is not klee's`,
      ]),
    );
  }
});

test('what is left of an interface whose name was taken goes again, and the user hears why', () =>
  replay(
    [
      listing(),
      change(CREATE_LOOPBACK, {
        status: 1,
        stdout: 'lo2\n',
        stderr: 'ifconfig: ioctl SIOCSIFNAME (set name): File exists\n',
      }),
      listing(
        { name: NAME, groups: 'lo' },
        { name: 'lo2', groups: 'lo klee', description: MARK },
        { name: 'lo3', groups: 'lo' },
      ),
      change('ifconfig lo2 destroy'),
    ],
    (networks, operation) =>
      assert.rejects(networks.up(network('loopback', 'IPv4'), operation), (error) =>
        hasCode(error, 'INTERFACE_IN_USE'),
      ),
  ));

test('an interface that stays in the group of lo0 is told, and does not stop the network', async () => {
  const { warnings } = await replayed(
    [
      listing({ ...LOOPBACK, groups: 'lo klee' }),
      change(`ifconfig ${NAME} -group lo`, { status: 1, stderr: 'ifconfig: no\n' }),
    ],
    (networks, operation) => networks.up(network('loopback', 'IPv4'), operation),
  );
  assert.match(warnings[0] ?? '', /set skip on lo/);
  await replay([listing({ ...LOOPBACK, groups: 'lo klee' })], async (networks) =>
    assert.match((await networks.observe(network('loopback', 'IPv4')))[0] ?? '', /group lo/),
  );
});

test('a network goes down with whatever bears its mark, and with nothing twice', async () => {
  await replay(
    [
      listing(BRIDGE, { name: 'bridge1', description: MARK, groups: 'bridge klee' }),
      change(`ifconfig ${NAME} destroy`),
      change('ifconfig bridge1 destroy', {
        status: 1,
        stderr: 'ifconfig: interface bridge1 does not exist\n',
      }),
    ],
    (networks, operation) => networks.down(network('bridge', 'IPv4'), [], operation),
  );
  await replay([listing()], (networks, operation) =>
    networks.down(network('bridge', 'IPv4'), [], operation),
  );
});

test('the interface of a custom network is never touched', () =>
  replay([], (networks, operation) =>
    networks.down(network('custom', 'dual stack'), [], operation),
  ));

test('a host that lives by router advertisements keeps its default route', async () => {
  const { claims, warnings } = await replayed(
    [
      listing({ ...BRIDGE, lines: [GATEWAY6] }, { name: 'em1', nd6: 'PERFORMNUD,ACCEPT_RTADV' }),
      ...forwarding('IPv6', '0'),
      HAS_MODULE,
      read('sysctl net.inet6.ip6.rfc6204w3', { stdout: 'net.inet6.ip6.rfc6204w3: 0\n' }),
      change('sysctl net.inet6.ip6.rfc6204w3=1'),
      change('sysctl net.inet6.ip6.forwarding=1'),
    ],
    (networks, operation) => networks.up(network('bridge', 'IPv6'), operation),
  );
  assert.deepEqual(
    claims.map(({ name }) => name),
    ['net.inet6.ip6.rfc6204w3', 'net.inet6.ip6.forwarding'],
  );
  assert.match(warnings[0] ?? '', /rfc6204w3.*default route/);
});

test('a missing module is loaded and told; without kldstat the kernel is trusted', async () => {
  const rest = [
    change(CREATE_BRIDGE),
    change(`ifconfig ${NAME} inet 10.10.36.1/24 alias`),
    change(`ifconfig ${NAME} up`),
  ];
  const { warnings } = await replayed(
    [
      listing(),
      read(`sysctl ${PFIL_MEMBER} ${PFIL_ONLYIP} net.inet.ip.forwarding`, {
        status: 1,
        stdout: 'net.inet.ip.forwarding: 1\n',
        stderr: `sysctl: unknown oid '${PFIL_MEMBER}'\nsysctl: unknown oid '${PFIL_ONLYIP}'\n`,
      }),
      read('kldstat -q -m if_bridge', { status: 1 }),
      change('kldload -n if_bridge'),
      ...rest,
      // The module has brought settings.
      ...forwarding('IPv4', '1'),
    ],
    (networks, operation) => networks.up(network('bridge', 'IPv4'), operation),
  );
  assert.match(warnings[0] ?? '', /if_bridge was loaded/);
  await replay(
    [
      listing(),
      ...forwarding('IPv4', '1'),
      read('kldstat -q -m if_bridge', { status: 127 }),
      ...rest,
    ],
    (networks, operation) => networks.up(network('bridge', 'IPv4'), operation),
  );
});

test('a kernel without a setting is not asked to change it', () =>
  replay(
    [
      listing({ ...BRIDGE, lines: [GATEWAY4] }),
      {
        ...settings([], '1'),
        argv: ['sysctl', PFIL_MEMBER, PFIL_ONLYIP, 'net.inet.ip.forwarding'],
        status: 1,
        stderr: "sysctl: unknown oid 'net.inet.ip.forwarding'\n",
      },
      HAS_MODULE,
    ],
    (networks, operation) => networks.up(network('bridge', 'IPv4'), operation),
  ));

test('the plan names the interface that is made, and nothing for a custom network', async () => {
  await replay([], async (networks) => {
    assert.deepEqual(networks.plan(network('bridge', 'IPv4')), [{ kind: 'interface', name: NAME }]);
    assert.deepEqual(networks.plan(network('custom', 'IPv4')), []);
    assert.equal(networks.interfaceName('0123456789ab', 'loopback'), 'kln0123456789ab');
  });
});

test.run();
