import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { Operation, AttachTarget, NetworkType, SiblingEndpoint } from '@kleenet/core/driver';
import { hasCode } from '@kleenet/core/errors';
import {
  buildAttachTarget,
  buildContainer,
  buildEndpoint,
  buildNetwork,
  createFakeClock,
  createRecordingLogger,
  createReplayRunner,
} from '@kleenet/core/testing';
import type { FakeClock, RecordedCommand } from '@kleenet/core/testing';
import { FreebsdIpnet } from '../src/freebsd.ts';
import { NO_PF, STACKS, SUBNETS, change, read } from '../../core/test/support/scripted-freebsd.ts';
import type { Stack } from '../../core/test/support/scripted-freebsd.ts';
import { CLAIMLESS } from '../../core/test/support/operations.ts';
const TYPES: readonly NetworkType[] = ['loopback', 'bridge', 'custom'];

const CONTAINER = buildContainer();
const JAIL = `klee-${CONTAINER.id}`;

const NO_SOCKETS = read('sockstat -46w');

interface Parts {
  readonly type?: NetworkType;
  readonly siblings?: readonly SiblingEndpoint[];
  readonly index?: number;
}

function target(
  stack: Stack,
  { type = 'loopback', siblings = [], index = 0 }: Parts = {},
): AttachTarget {
  const network = buildNetwork({ type, ...SUBNETS[stack] });
  const endpoint = buildEndpoint({ network, container: CONTAINER, index });
  return buildAttachTarget({ network, container: CONTAINER, endpoint, siblings });
}

/** Another endpoint of the container: connected first, or last. */
function sibling(stack: Stack, index: number, attached = true): SiblingEndpoint {
  const network = buildNetwork({
    name: `other${index}`,
    type: 'loopback',
    ...(stack === 'IPv6' ? {} : { subnet: `10.9.${index}.0/24` }),
    ...(stack === 'IPv4' ? {} : { subnet6: `fd00:9:${index}::/64` }),
  });
  return { network, endpoint: buildEndpoint({ network, container: CONTAINER, index }), attached };
}

const show = (name: string, lines: readonly string[], groups = 'klee'): string =>
  [
    `${name}: flags=8049<UP,LOOPBACK,RUNNING,MULTICAST> metric 0 mtu 16384`,
    ...lines.map((line) => `\t${line}`),
    `\tgroups: ${groups}`,
    '\tnd6 options=21<PERFORMNUD,AUTO_LINKLOCAL>',
    '',
  ].join('\n');

const LO0 = show('lo0', ['inet6 ::1 prefixlen 128', 'inet 127.0.0.1 netmask 0xff000000'], 'lo');
const listing = (...interfaces: readonly string[]): RecordedCommand =>
  read('ifconfig -a', { stdout: LO0 + interfaces.join('') });

const aliases = (stack: Stack): readonly string[] => [
  ...(stack === 'IPv6' ? [] : ['inet 10.10.36.10 netmask 0xffffffff']),
  ...(stack === 'IPv4' ? [] : ['inet6 fd00:36::a prefixlen 128']),
];

/** The command that sets the lists of a jail, one for each family of the stack. */
function lists(stack: Stack, ipv4: readonly string[], ipv6: readonly string[]): string {
  return [
    `jail -m name=${JAIL}`,
    ...(stack === 'IPv6' ? [] : [`ip4.addr=${ipv4.join(',')}`]),
    ...(stack === 'IPv4' ? [] : [`ip6.addr=${ipv6.join(',')}`]),
  ].join(' ');
}

interface Tools {
  readonly plane: FreebsdIpnet;
  readonly operation: Operation;
  readonly clock: FakeClock;
  readonly warned: readonly string[];
}

async function replay(
  script: readonly RecordedCommand[],
  act: (tools: Tools) => Promise<unknown>,
): Promise<void> {
  const commands = createReplayRunner(script);
  const clock = createFakeClock();
  const logger = createRecordingLogger();
  await act({
    plane: new FreebsdIpnet({ commands, clock, logger }),
    operation: CLAIMLESS,
    clock,
    warned: logger.warned,
  });
  commands.assertDone();
}

/** Lets time pass while something sleeps. */
async function passing<T>(clock: FakeClock, work: Promise<T>): Promise<T> {
  let over = false;
  const end = (): void => void (over = true);
  work.then(end, end);
  while (!over) {
    await new Promise((resolve) => setImmediate(resolve));
    clock.advance(250);
  }
  return work;
}

for (const stack of STACKS) {
  for (const type of TYPES) {
    const { network } = target(stack, { type });
    const name = network.interface;
    const guard = type === 'custom' ? [NO_PF] : [];
    const atOnce = type === 'bridge' ? ' no_dad -ifdisabled' : '';
    const adds = [
      ...(stack === 'IPv6' ? [] : [change(`ifconfig ${name} inet 10.10.36.10/32 alias`)]),
      ...(stack === 'IPv4' ? [] : [change(`ifconfig ${name} inet6 fd00:36::a/128 alias${atOnce}`)]),
    ];
    const checked =
      stack === 'IPv4' || type !== 'custom'
        ? []
        : [read(`ifconfig ${name}`, { stdout: show(name, aliases(stack)) })];
    const removes = [
      ...(stack === 'IPv6' ? [] : [change(`ifconfig ${name} inet 10.10.36.10 -alias`)]),
      ...(stack === 'IPv4' ? [] : [change(`ifconfig ${name} inet6 fd00:36::a -alias`)]),
    ];
    const whole = change(lists(stack, ['10.10.36.10'], ['fd00:36::a']));
    const empty = change(lists(stack, [], []));

    test(`attach gives a jail on a ${type} network its addresses: ${stack}`, () =>
      replay([listing(show(name, [])), NO_PF, ...adds, ...checked, whole], ({ plane, operation }) =>
        plane.attach(target(stack, { type }), operation),
      ));

    test(`attach that is repeated on a ${type} network adds nothing: ${stack}`, () =>
      replay([listing(show(name, aliases(stack))), NO_PF, whole], ({ plane, operation }) =>
        plane.attach(target(stack, { type }), operation),
      ));

    test(`detach takes a jail on a ${type} network its addresses: ${stack}`, () =>
      replay(
        [
          empty,
          NO_PF,
          NO_SOCKETS,
          read(`ifconfig ${name}`, { stdout: show(name, aliases(stack)) }),
          ...removes,
        ],
        ({ plane, operation }) => plane.detach(target(stack, { type }), operation),
      ));

    for (const [state, said] of [
      ['gone', `jail: "${JAIL}" not found\n`],
      ['dying', `jail: jail "${JAIL}" is dying\n`],
    ] as const) {
      test(`detach works when the jail on a ${type} network is ${state}: ${stack}`, () =>
        replay(
          [
            { ...empty, status: 1, stderr: said },
            read(`ifconfig ${name}`, { stdout: show(name, aliases(stack)) }),
            ...removes,
            ...guard,
          ],
          ({ plane, operation }) => plane.detach(target(stack, { type }), operation),
        ));
    }

    test(`detach works when a ${type} network's interface is gone: ${stack}`, () =>
      replay(
        [
          empty,
          NO_PF,
          NO_SOCKETS,
          read(`ifconfig ${name}`, {
            status: 1,
            stderr: `ifconfig: interface ${name} does not exist\n`,
          }),
        ],
        ({ plane, operation }) => plane.detach(target(stack, { type }), operation),
      ));

    test(`detach leaves what has the address in another way on a ${type} network: ${stack}`, () =>
      replay(
        [
          empty,
          NO_PF,
          NO_SOCKETS,
          read(`ifconfig ${name}`, {
            stdout: show(name, [
              'inet 10.10.36.10 netmask 0xffffff00',
              'inet6 fd00:36::a prefixlen 64',
            ]),
          }),
        ],
        ({ plane, operation }) => plane.detach(target(stack, { type }), operation),
      ));
  }

  const { network } = target(stack);
  const name = network.interface;

  test(`the list has all that the container is to have, in the order of connection: ${stack}`, () =>
    replay(
      [
        listing(show(name, aliases(stack))),
        NO_PF,
        change(
          lists(
            stack,
            ['10.9.0.10', '10.10.36.10', '10.9.2.10'],
            ['fd00:9::a', 'fd00:36::a', 'fd00:9:2::a'],
          ),
        ),
      ],
      ({ plane, operation }) =>
        plane.attach(
          target(stack, {
            index: 1,
            siblings: [sibling(stack, 2), sibling(stack, 0), sibling(stack, 3, false)],
          }),
          operation,
        ),
    ));

  test(`detach leaves the others on the list: ${stack}`, () =>
    replay(
      [
        change(lists(stack, ['10.9.2.10'], ['fd00:9:2::a'])),
        NO_PF,
        NO_SOCKETS,
        read(`ifconfig ${name}`, { stdout: show(name, []) }),
      ],
      ({ plane, operation }) =>
        plane.detach(
          target(stack, { siblings: [sibling(stack, 2), sibling(stack, 3, false)] }),
          operation,
        ),
    ));

  test(`an address that another interface has is refused before anything is done: ${stack}`, () =>
    replay([listing(show(name, []), show('em0', aliases(stack)))], ({ plane, operation }) =>
      assert.rejects(
        plane.attach(target(stack), operation),
        (error) =>
          hasCode(error, 'ADDRESS_IN_USE') &&
          error.message.endsWith(' em0') &&
          error.hint !== undefined,
      ),
    ));

  test(`an address that the interface has with a subnet is somebody's: ${stack}`, () =>
    replay(
      [
        listing(
          show(name, ['inet 10.10.36.10 netmask 0xffffff00', 'inet6 fd00:36::a prefixlen 64']),
        ),
      ],
      ({ plane, operation }) =>
        assert.rejects(plane.attach(target(stack), operation), (error) =>
          hasCode(error, 'ADDRESS_IN_USE'),
        ),
    ));

  test(`attach to a jail that has ended says so: ${stack}`, () =>
    replay(
      [
        listing(show(name, aliases(stack))),
        NO_PF,
        {
          ...change(lists(stack, ['10.10.36.10'], ['fd00:36::a'])),
          status: 1,
          stderr: `jail: "${JAIL}" not found\n`,
        },
      ],
      ({ plane, operation }) =>
        assert.rejects(plane.attach(target(stack), operation), (error) =>
          hasCode(error, 'CONTAINER_NOT_RUNNING'),
        ),
    ));

  test(`detach tries every step, and throws every failure: ${stack}`, () =>
    replay(
      [
        { ...change(lists(stack, [], [])), status: 1, stderr: 'jail: out of luck\n' },
        read(`ifconfig ${name}`, { stdout: show(name, aliases(stack)) }),
        ...(stack === 'IPv6'
          ? []
          : [change(`ifconfig ${name} inet 10.10.36.10 -alias`, { status: 1, stderr: 'eh\n' })]),
        ...(stack === 'IPv4'
          ? []
          : [change(`ifconfig ${name} inet6 fd00:36::a -alias`, { status: 1, stderr: 'eh\n' })]),
      ],
      ({ plane, operation }) =>
        assert.rejects(plane.detach(target(stack), operation), /out of luck; also failed: .*: eh/),
    ));

  const jail = (ipv4: readonly string[], ipv6: readonly string[]): RecordedCommand =>
    read('jls --libxo json jid name path dying vnet ip4.addr ip6.addr', {
      stdout: JSON.stringify({
        'jail-information': {
          jail: [
            {
              jid: '7',
              name: JAIL,
              path: '/c',
              dying: 'false',
              vnet: 'inherit',
              'ip4.addr': ipv4,
              'ip6.addr': ipv6,
            },
          ],
        },
      }),
    });

  test(`observe finds nothing wrong with what is as it should be: ${stack}`, () =>
    replay(
      [listing(show(name, aliases(stack))), jail(['10.10.36.10'], ['fd00:36::a']), NO_PF],
      async ({ plane }) => {
        const { endpoint } = target(stack);
        assert.deepEqual(await plane.observe([target(stack)]), [
          { endpointId: endpoint.id, problems: [] },
        ]);
      },
    ));

  test(`observe tells of what else is on the list of the jail, once: ${stack}`, () =>
    replay(
      [
        listing(show(name, aliases(stack))),
        jail(['10.10.36.10', '10.9.9.9'], ['fd00:36::a', 'fd00:9::9']),
        NO_PF,
      ],
      async ({ plane }) => {
        const [found] = await plane.observe([target(stack)]);
        assert.deepEqual(found?.problems, [
          ...(stack === 'IPv6'
            ? []
            : [`container 'container1' has the address 10.9.9.9, which klee did not give it`]),
          ...(stack === 'IPv4'
            ? []
            : [`container 'container1' has the address fd00:9::9, which klee did not give it`]),
        ]);
      },
    ));

  test(`observe tells that the jail sends from the address of another network: ${stack}`, () => {
    const other = sibling(stack, 1);
    const own = target(stack, { siblings: [other] });
    const from = ({ addresses }: SiblingEndpoint['endpoint']): readonly string[][] => [
      [addresses.ipv4 ?? ''].filter(Boolean),
      [addresses.ipv6 ?? ''].filter(Boolean),
    ];
    const [own4 = [], own6 = []] = from(own.endpoint);
    const [other4 = [], other6 = []] = from(other.endpoint);
    return replay(
      [
        listing(show(name, aliases(stack))),
        jail([...other4, ...own4], [...other6, ...own6]),
        NO_PF,
        listing(show(name, aliases(stack))),
        jail([...own4, ...other4], [...own6, ...other6]),
      ],
      async ({ plane }) => {
        const asFirst = { ...own, endpoint: { ...own.endpoint, id: '000000000000' } };
        const [wrong] = await plane.observe([asFirst]);
        assert.equal(wrong?.problems.length, own4.length + own6.length);
        assert.match(wrong?.problems[0] ?? '', /^container 'container1' sends from /);
        const [right] = await plane.observe([asFirst]);
        assert.deepEqual(right?.problems, []);
      },
    );
  });

  test(`observe tells what is missing, on the interface and in the jail: ${stack}`, () =>
    replay([listing(show(name, [])), jail([], []), NO_PF], async ({ plane }) => {
      const [found] = await plane.observe([target(stack)]);
      assert.deepEqual(found?.problems, [
        ...(stack === 'IPv6' ? [] : [`interface ${name} lacks the address 10.10.36.10`]),
        ...(stack === 'IPv4' ? [] : [`interface ${name} lacks the address fd00:36::a`]),
        ...(stack === 'IPv6' ? [] : [`container 'container1' lacks its address 10.10.36.10`]),
        ...(stack === 'IPv4' ? [] : [`container 'container1' lacks its address fd00:36::a`]),
      ]);
    }));
}

const CUSTOM = target('IPv6', { type: 'custom' });
const state = (words: string): RecordedCommand =>
  read('ifconfig ext0', { stdout: show('ext0', [`inet6 fd00:36::a prefixlen 128${words}`]) });
const ADD = change('ifconfig ext0 inet6 fd00:36::a/128 alias');
const SET = change(`jail -m name=${JAIL} ip6.addr=fd00:36::a`);

test('an address on a link of the user’s is used once it is checked', () =>
  replay(
    [
      listing(show('ext0', [])),
      NO_PF,
      ADD,
      state(' tentative'),
      state(' tentative'),
      state(''),
      SET,
    ],
    ({ plane, operation, clock }) => passing(clock, plane.attach(CUSTOM, operation)),
  ));

test('an address that another host on the link has is refused', () =>
  replay(
    [listing(show('ext0', [])), NO_PF, ADD, state(' tentative'), state(' duplicated')],
    ({ plane, operation, clock }) =>
      assert.rejects(passing(clock, plane.attach(CUSTOM, operation)), (error) =>
        hasCode(error, 'ADDRESS_IN_USE'),
      ),
  ));

test('a link that is down is waited for no longer than it takes, and told', () =>
  replay(
    [
      listing(show('ext0', [])),
      NO_PF,
      ADD,
      ...Array.from({ length: 20 }, () => state(' tentative')),
      SET,
    ],
    async ({ plane, operation, clock, warned }) => {
      await passing(clock, plane.attach(CUSTOM, operation));
      assert.match(warned[0] ?? '', /ext0 still checks fd00:36::a/);
    },
  ));

test('an interrupt ends the waiting', () =>
  replay(
    [listing(show('ext0', [])), NO_PF, ADD, state(' tentative')],
    async ({ plane, operation }) => {
      const interrupt = new AbortController();
      const attached = plane.attach(CUSTOM, { ...operation, signal: interrupt.signal });
      await new Promise((resolve) => setImmediate(resolve));
      interrupt.abort(new Error('interrupted'));
      await assert.rejects(attached, /interrupted/);
    },
  ));

test('without icc the firewall is told about a container before it gets its address, and forgets it after', async () => {
  const network = buildNetwork({ type: 'loopback', subnet: '10.10.36.0/24', icc: false });
  const endpoint = buildEndpoint({ network, container: CONTAINER });
  const closed = buildAttachTarget({ network, container: CONTAINER, endpoint });
  const name = network.interface;
  await replay(
    [
      listing(show(name, [])),
      NO_PF,
      change(`ifconfig ${name} inet 10.10.36.10/32 alias`),
      change(`jail -m name=${JAIL} ip4.addr=10.10.36.10`),
    ],
    ({ plane, operation }) => plane.attach(closed, operation),
  );
  await replay(
    [
      change(`jail -m name=${JAIL} ip4.addr=`),
      NO_PF,
      NO_SOCKETS,
      read(`ifconfig ${name}`, { stdout: show(name, aliases('IPv4')) }),
      change(`ifconfig ${name} inet 10.10.36.10 -alias`),
    ],
    ({ plane, operation }) => plane.detach(closed, operation),
  );
});

test('pf drops what a jail sends from an address that it has lost, where it has a socket there', async () => {
  const lost = target('dual stack');
  const { id, interface: name } = lost.network;
  const pf = read('pfctl -s info', { stdout: 'Status: Enabled\n' });
  const [gone, found] = [
    { status: 1, stderr: `jail: "${JAIL}" not found\n` },
    read(`ifconfig ${name}`, { stdout: show(name, []) }),
  ];
  const empty = change(lists('dual stack', [], []));
  const sockets = read('sockstat -46w', {
    stdout: 'root     nc  304  3  udp4   10.10.36.10:4001   10.10.36.11:53\n',
  });
  const silence = change(`pfctl -a klee/networks -t klee_left_${id} -T add 10.10.36.10`);
  await replay([empty, pf, sockets, found, silence], ({ plane, operation }) =>
    plane.detach(lost, operation),
  );
  const none = read('sockstat -46w', {
    stdout: 'root     nc  304  3  udp4   10.10.36.11:4001   10.10.36.10:53\n',
  });
  await replay([empty, pf, none, found], ({ plane, operation }) => plane.detach(lost, operation));
  await replay([{ ...empty, ...gone }, found], ({ plane, operation }) =>
    plane.detach(lost, operation),
  );
});

test('the plan names each address with its interface', async () => {
  await replay([], async ({ plane }) => {
    const dual = target('dual stack');
    assert.deepEqual(plane.plan(dual), [
      { kind: 'address', name: '10.10.36.10', interface: dual.network.interface },
      { kind: 'address', name: 'fd00:36::a', interface: dual.network.interface },
    ]);
    assert.deepEqual(await plane.observe([]), []);
  });
});

const JLS = 'jls --libxo json jid name path dying vnet ip4.addr ip6.addr';

test('a host whose jls lists jails is ready', () =>
  replay([read(JLS, { stdout: '{"jail-information": {"jail": []}}' })], async ({ plane }) =>
    assert.deepEqual(await plane.status(), { state: 'ready', reasons: [] }),
  ));

test('a host without jls, or whose kernel lacks a family, says so before any work', async () => {
  await replay([read(JLS, { status: 127 })], async ({ plane }) => {
    const { state: found, reasons } = await plane.status();
    assert.equal(found, 'unavailable');
    assert.match(reasons[0] ?? '', /'jls' is not installed/);
  });
  const unknown = read(JLS, { status: 1, stderr: 'jls: unknown parameter: ip6.addr\n' });
  await replay([unknown], async ({ plane }) => {
    const { state: found, reasons } = await plane.status();
    assert.equal(found, 'unavailable');
    assert.match(reasons[0] ?? '', /ip6\.addr.*IPv6/);
  });
});

test.run();
