import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { Operation, AttachTarget, Resource, SiblingEndpoint } from '@kleenet/core/driver';
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
import type { EndpointParts, NetworkParts, RecordedCommand } from '@kleenet/core/testing';
import { FreebsdVnet } from '../src/freebsd.ts';
import { unitsOf } from '../src/freebsd-plan.ts';
import { NO_PF, STACKS, SUBNETS, change, read } from '../../core/test/support/scripted-freebsd.ts';
import type { Answer, Stack } from '../../core/test/support/scripted-freebsd.ts';
import { keepingClaims } from '../../core/test/support/operations.ts';

const CONTAINER = buildContainer({ driver: 'vnet', stack: 'own' });
const JAIL = `klee-${CONTAINER.id}`;

interface Parts {
  readonly network?: NetworkParts;
  readonly endpoint?: Partial<EndpointParts>;
  readonly siblings?: readonly SiblingEndpoint[];
  readonly claims?: readonly Resource[];
}

function target(stack: Stack, parts: Parts = {}): AttachTarget {
  const network = buildNetwork({ ...SUBNETS[stack], ...parts.network });
  const endpoint = buildEndpoint({ network, container: CONTAINER, ...parts.endpoint });
  const { siblings = [], claims = [] } = parts;
  return buildAttachTarget({ network, container: CONTAINER, endpoint, siblings, claims });
}

/** Another endpoint of the container, `eth1` by default. */
function sibling(stack: Stack, priority = 0, attached = true, index = 1): SiblingEndpoint {
  const network = buildNetwork({
    name: `other${index}`,
    ...(stack === 'IPv6' ? {} : { subnet: `10.9.${index}.0/24` }),
    ...(stack === 'IPv4' ? {} : { subnet6: `fd00:9:${index}::/64` }),
  });
  const endpoint = buildEndpoint({
    network,
    container: CONTAINER,
    index,
    gatewayPriority: priority,
  });
  return { network, endpoint, attached };
}

const { network: NETWORK, endpoint: ENDPOINT } = target('IPv4');
const BRIDGE = NETWORK.interface;
const MARK = `kleenet:endpoint:${ENDPOINT.id}`;
const [UNIT = 0, NEXT = 0] = unitsOf(target('IPv4'));
const A = `epair${UNIT}a`;
const B = `epair${UNIT}b`;
const MAC = String(ENDPOINT.mac);
const GONE = (name: string): Answer => ({
  status: 1,
  stderr: `ifconfig: interface ${name} does not exist\n`,
});
const ROUTE_THERE: Answer = {
  status: 1,
  stdout: 'add net default: gateway 10.10.36.1 fib 0: route already in table\n',
};
const HAS_MODULE = read('kldstat -q -m if_epair');
const OLD = read('sysctl -n kern.osrelease', { stdout: '13.2-RELEASE\n' });
const NEW = read('sysctl -n kern.osrelease', { stdout: '14.1-RELEASE\n' });

interface Shown {
  readonly mtu?: number;
  readonly flags?: string;
  readonly description?: string;
  readonly groups?: string;
  readonly lines?: readonly string[];
  readonly nd6?: string;
}

const show = (
  name: string,
  {
    mtu = 1500,
    flags = 'UP,RUNNING',
    description,
    groups = 'epair',
    lines = [],
    nd6 = 'PERFORMNUD,IFDISABLED',
  }: Shown = {},
): string =>
  [
    `${name}: flags=8843<${flags}> metric 0 mtu ${mtu}`,
    ...(description === undefined ? [] : [`\tdescription: ${description}`]),
    ...lines.map((line) => `\t${line}`),
    `\tgroups: ${groups}`,
    `\tnd6 options=9<${nd6}>`,
    '',
  ].join('\n');

const bridge = (members: readonly string[] = [], mtu = 1500): string =>
  show(BRIDGE, {
    mtu,
    groups: 'bridge klee',
    lines: members.map((one) => `member: ${one} flags=143<LEARNING,DISCOVER,AUTOEDGE,AUTOPTP>`),
  });
const ours = show(A, { description: MARK, groups: 'epair klee' });
const siblingPair = ({ endpoint }: SiblingEndpoint): string =>
  show('epair999a', { description: `kleenet:endpoint:${endpoint.id}`, groups: 'epair klee' });
const listing = (...interfaces: readonly string[]): RecordedCommand =>
  read('ifconfig -a', { stdout: interfaces.join('') });

interface Ran {
  readonly claims: readonly Resource[];
  readonly warned: readonly string[];
}

/** What the bridge was told of where the endpoint's MAC address is. */
const TOLD = read(`ifconfig ${BRIDGE} addr`, { stdout: `${MAC} Vlan1 ${A} 0 flags=1<STATIC>\n` });

type Act = (plane: FreebsdVnet, operation: Operation) => Promise<unknown>;

async function replayed(script: readonly RecordedCommand[], act: Act): Promise<Ran> {
  const commands = createReplayRunner(script);
  const logger = createRecordingLogger();
  const { operation, claims } = keepingClaims();
  await act(new FreebsdVnet({ commands, clock: createFakeClock(), logger }), operation);
  commands.assertDone();
  return { claims, warned: logger.warned };
}

async function replay(script: readonly RecordedCommand[], act: Act): Promise<void> {
  await replayed(script, act);
}

const create = (unit = UNIT, mtu = 1500): string =>
  `ifconfig epair${unit} create group klee description ${MARK} mtu ${mtu}`;
const QUIET = 'inet6 -accept_rtadv -auto_linklocal ifdisabled up';
const JOIN = change(`ifconfig ${BRIDGE} addm ${A} static ${A} ${MAC}`);
const MOVE: readonly RecordedCommand[] = [
  change(`ifconfig ${A} ${QUIET}`),
  change(`ifconfig ${B} ether ${MAC} mtu 1500`),
  change(`ifconfig ${B} vnet ${JAIL}`),
];

/** How commands run in a jail, by release. */
interface Release {
  readonly title: string;
  readonly asked: RecordedCommand;
  readonly inside: (argv: string, result?: Answer) => RecordedCommand;
  readonly look: (argv: string, result?: Answer) => RecordedCommand;
}
const fromHost = (argv: string): string => argv.replace(' ', ` -j ${JAIL} `);
const RELEASES: readonly Release[] = [
  {
    title: '13.2',
    asked: OLD,
    inside: (argv, result) => change(`jexec ${JAIL} ${argv}`, result),
    look: (argv, result) => read(`jexec ${JAIL} ${argv}`, result),
  },
  {
    title: '14.1',
    asked: NEW,
    inside: (argv, result) => change(fromHost(argv), result),
    look: (argv, result) => read(fromHost(argv), result),
  },
];
const [RELEASE = assert.fail()] = RELEASES;

function addresses(stack: Stack, { inside }: Release): readonly RecordedCommand[] {
  return [
    ...(stack === 'IPv6' ? [] : [inside('ifconfig eth0 inet 10.10.36.10/24 alias')]),
    ...(stack === 'IPv4'
      ? []
      : [inside('ifconfig eth0 inet6 fd00:36::a/64 alias no_dad -ifdisabled')]),
    inside('ifconfig eth0 up'),
  ];
}

function adds(stack: Stack, { inside }: Release): readonly RecordedCommand[] {
  return [
    ...(stack === 'IPv6' ? [] : [inside('route -n add default 10.10.36.1')]),
    ...(stack === 'IPv4' ? [] : [inside('route -n add -inet6 default fd00:36::1')]),
  ];
}

for (const release of RELEASES) {
  for (const stack of STACKS) {
    const { inside } = release;
    const whole = [
      ...MOVE,
      release.asked,
      inside(`ifconfig ${B} name eth0`),
      ...addresses(stack, release),
    ];

    test(`attach makes an epair, wires it, and sets it up in the jail: ${release.title}, ${stack}`, async () => {
      const { claims } = await replayed(
        [
          listing(bridge()),
          HAS_MODULE,
          change(create()),
          NO_PF,
          JOIN,
          ...whole,
          ...adds(stack, release),
        ],
        (plane, operation) => plane.attach(target(stack), operation),
      );
      assert.deepEqual(claims, [{ kind: 'interface', name: A, peer: B }]);
    });

    test(`detach destroys the epair: ${release.title}, ${stack}`, () =>
      replay(
        [listing(bridge([A]), ours), change(`ifconfig ${A} destroy`), NO_PF],
        (plane, operation) => plane.detach(target(stack), operation),
      ));

    const handOver = [
      ...(stack === 'IPv6' ? [] : [inside('route -n add default 10.9.1.1')]),
      ...(stack === 'IPv4' ? [] : [inside('route -n add -inet6 default fd00:9:1::1')]),
    ];

    for (const [state, result] of [
      [
        'is gone',
        {
          status: 1,
          stderr: `jexec: jail "${JAIL}" not found\nifconfig: jail "${JAIL}" not found\nroute: jail "${JAIL}" not found\n`,
        },
      ],
      [
        'is dying',
        {
          status: 1,
          stderr: `jexec: jail "${JAIL}" is dying\nifconfig: jail "${JAIL}" is dying\n`,
        },
      ],
      ['has set another itself', ROUTE_THERE],
    ] as const) {
      test(`detach goes on when the jail that is handed a route ${state}: ${release.title}, ${stack}`, () => {
        const other = sibling(stack, -1);
        return replay(
          [
            listing(ours, siblingPair(other)),
            change(`ifconfig ${A} destroy`),
            release.asked,
            ...handOver.map((step) => ({ ...step, ...result })),
            NO_PF,
          ],
          (plane, operation) => plane.detach(target(stack, { siblings: [other] }), operation),
        );
      });
    }

    const inner = (lines: readonly string[], mac = MAC): string =>
      show('eth0', { lines: [`ether ${mac}`, ...lines] });
    const held = [
      ...(stack === 'IPv6' ? [] : ['inet 10.10.36.10 netmask 0xffffff00']),
      ...(stack === 'IPv4' ? [] : ['inet6 fd00:36::a prefixlen 64']),
    ];
    const routesBy = (name: string): readonly RecordedCommand[] => {
      const stdout = `  interface: ${name}\n`;
      const by = (gateway: string): string => `    gateway: ${gateway}\n${stdout}`;
      return [
        ...(stack === 'IPv6'
          ? []
          : [release.look('route -n get default', { stdout: by('10.10.36.1') })]),
        ...(stack === 'IPv4'
          ? []
          : [release.look('route -n get -inet6 default', { stdout: by('fd00:36::1') })]),
      ];
    };

    test(`observe finds nothing wrong with what is as it should be: ${release.title}, ${stack}`, () =>
      replay(
        [
          listing(bridge([A]), ours),
          NO_PF,
          TOLD,
          release.asked,
          release.look('ifconfig eth0', { stdout: inner(held) }),
          ...routesBy('eth0'),
        ],
        async (plane) =>
          assert.deepEqual(await plane.observe([target(stack)]), [
            { endpointId: ENDPOINT.id, hostInterface: A, problems: [] },
          ]),
      ));

    test(`observe tells each difference: ${release.title}, ${stack}`, () =>
      replay(
        [
          listing(bridge(), show(A, { description: MARK, groups: 'epair klee', flags: 'RUNNING' })),
          NO_PF,
          TOLD,
          release.asked,
          release.look('ifconfig eth0', { stdout: inner([], '02:00:00:00:00:99') }),
          ...routesBy('lo0'),
        ],
        async (plane) => {
          const [found] = await plane.observe([target(stack)]);
          assert.deepEqual(found?.problems, [
            `interface ${A} is down`,
            `${A} is not a member of the bridge ${BRIDGE}`,
            `container 'container1' has the MAC address 02:00:00:00:00:99, not ${MAC}`,
            ...(stack === 'IPv6' ? [] : [`container 'container1' lacks its address 10.10.36.10`]),
            ...(stack === 'IPv4' ? [] : [`container 'container1' lacks its address fd00:36::a`]),
            ...(stack === 'IPv6'
              ? []
              : [`the IPv4 default route of container 'container1' does not leave by eth0`]),
            ...(stack === 'IPv4'
              ? []
              : [`the IPv6 default route of container 'container1' does not leave by eth0`]),
          ]);
        },
      ));
  }
}

test('observe tells what was changed of what attach made, outside and inside', () =>
  replay(
    [
      listing(
        bridge([A]),
        show(A, { description: MARK, groups: 'epair klee', mtu: 1400, nd6: 'PERFORMNUD' }),
      ),
      NO_PF,
      { ...TOLD, stdout: `${MAC} Vlan1 ${A} 1200 flags=0<>\n` },
      RELEASE.asked,
      RELEASE.look('ifconfig eth0', {
        stdout: show('eth0', {
          mtu: 1300,
          flags: 'RUNNING',
          lines: [
            `ether ${MAC}`,
            'inet 10.10.36.10 netmask 0xffffffff',
            // The container's own affair.
            'inet 10.10.36.99 netmask 0xffffff00',
          ],
        }),
      }),
      RELEASE.look('route -n get default', {
        stdout: '    gateway: 10.10.36.77\n  interface: eth0\n',
      }),
    ],
    async (plane) => {
      const [found] = await plane.observe([target('IPv4')]);
      assert.deepEqual(found?.problems, [
        `the MTU of ${A} is 1400, not 1500`,
        `interface ${A} takes part in IPv6 for the host`,
        `the bridge ${BRIDGE} does not know ${MAC} to be behind ${A}`,
        `eth0 of container 'container1' is down`,
        `container 'container1' has its address 10.10.36.10 with a prefix of 32, not 24`,
        'the MTU of eth0 is 1300, not 1500',
        `the IPv4 default route of container 'container1' leads to 10.10.36.77, not to 10.10.36.1`,
      ]);
    },
  ));

test('attach that is repeated gives the host’s end its MTU, and lets the member reach the others', () =>
  replay(
    [
      listing(
        bridge([A]).replace('flags=143<LEARNING', 'flags=943<PRIVATE,LEARNING'),
        show(A, { description: MARK, groups: 'epair klee', mtu: 1400 }),
      ),
      HAS_MODULE,
      NO_PF,
      change(`ifconfig ${A} mtu 1500`),
      change(`ifconfig ${BRIDGE} -private ${A} static ${A} ${MAC}`),
      { ...change(`ifconfig ${A} ${QUIET}`), status: 1, stderr: 'enough of this\n' },
    ],
    (plane, operation) => assert.rejects(plane.attach(target('IPv4'), operation), /enough of this/),
  ));

test('where the kernel has no IPv6, the host’s end is only brought up', () =>
  replay(
    [
      listing((bridge([A]) + ours).replaceAll(/\tnd6 .*\n/g, '')),
      HAS_MODULE,
      NO_PF,
      change(`ifconfig ${BRIDGE} static ${A} ${MAC}`),
      { ...change(`ifconfig ${A} up`), status: 1, stderr: 'enough of this\n' },
    ],
    (plane, operation) => assert.rejects(plane.attach(target('IPv4'), operation), /enough of this/),
  ));

test('a number that is taken is passed over, seen or not, and the next is claimed first', async () => {
  for (const name of [A, B]) {
    const { claims } = await replayed(
      [
        listing(bridge(), show(name)),
        HAS_MODULE,
        {
          ...change(create(NEXT)),
          status: 1,
          stderr: `ifconfig: interface epair${NEXT} already exists\n`,
        },
        change(create(NEXT + 1)),
        NO_PF,
        change(`ifconfig ${BRIDGE} addm epair${NEXT + 1}a static epair${NEXT + 1}a ${MAC}`),
        { ...change(`ifconfig epair${NEXT + 1}a ${QUIET}`), status: 1, stderr: 'enough of this\n' },
      ],
      (plane, operation) =>
        assert.rejects(plane.attach(target('IPv4'), operation), /enough of this/),
    );
    assert.deepEqual(claims, [
      { kind: 'interface', name: `epair${NEXT}a`, peer: `epair${NEXT}b` },
      { kind: 'interface', name: `epair${NEXT + 1}a`, peer: `epair${NEXT + 1}b` },
    ]);
  }
});

test('an epair of our name without our mark is neither used nor destroyed', async () => {
  for (const stranger of [
    show(A),
    show(A, { groups: 'epair klee', description: 'kleenet:endpoint:ffffffffffff' }),
    show(A, { groups: 'epair', description: MARK }),
  ]) {
    await replay([listing(stranger), NO_PF], (plane, operation) =>
      plane.detach(
        target('IPv4', { claims: [{ kind: 'interface', name: A, peer: B }] }),
        operation,
      ),
    );
  }
});

test('the MTU of the bridge is that of both ends', () =>
  replay(
    [
      listing(bridge([], 9000)),
      HAS_MODULE,
      change(create(UNIT, 9000)),
      NO_PF,
      JOIN,
      change(`ifconfig ${A} ${QUIET}`),
      { ...change(`ifconfig ${B} ether ${MAC} mtu 9000`), status: 1, stderr: 'enough of this\n' },
    ],
    (plane, operation) => assert.rejects(plane.attach(target('IPv4'), operation), /enough of this/),
  ));

test('without icc the member is private, and made so again when it is not', async () => {
  const closed = target('IPv4', { network: { icc: false } });
  const stop = { ...change(`ifconfig ${A} ${QUIET}`), status: 1, stderr: 'enough of this\n' };
  const attach: Act = (plane, operation) =>
    assert.rejects(plane.attach(closed, operation), /enough of this/);
  await replay(
    [
      listing(bridge()),
      HAS_MODULE,
      change(create()),
      NO_PF,
      change(`ifconfig ${BRIDGE} addm ${A} private ${A} static ${A} ${MAC}`),
      stop,
    ],
    attach,
  );
  await replay(
    [
      listing(bridge([A]), ours),
      HAS_MODULE,
      NO_PF,
      change(`ifconfig ${BRIDGE} private ${A} static ${A} ${MAC}`),
      stop,
    ],
    attach,
  );
  await replay(
    [
      listing(bridge([A]), ours),
      NO_PF,
      TOLD,
      RELEASE.asked,
      RELEASE.look('ifconfig eth0', GONE('eth0')),
    ],
    async (plane) => {
      const [found] = await plane.observe([closed]);
      assert.deepEqual(found?.problems, [
        `${A} reaches the other members of its bridge`,
        `container 'container1' has no interface eth0`,
      ]);
    },
  );
});

test('a jail that ended says so, and what was made is left to detach', () =>
  replay(
    [
      listing(bridge()),
      HAS_MODULE,
      change(create()),
      NO_PF,
      JOIN,
      ...MOVE.slice(0, 2),
      {
        ...change(`ifconfig ${B} vnet ${JAIL}`),
        status: 1,
        stderr: `ifconfig: jail "${JAIL}" not found\n`,
      },
    ],
    (plane, operation) =>
      assert.rejects(plane.attach(target('IPv4'), operation), (error) =>
        hasCode(error, 'CONTAINER_NOT_RUNNING'),
      ),
  ));

test('a container without ifconfig is told what it takes, where its own is needed', () =>
  replay(
    [
      listing(bridge()),
      HAS_MODULE,
      change(create()),
      NO_PF,
      JOIN,
      ...MOVE,
      OLD,
      RELEASE.inside(`ifconfig ${B} name eth0`, {
        status: 1,
        stderr: 'jexec: execvp: ifconfig: No such file or directory\n',
      }),
    ],
    (plane, operation) =>
      assert.rejects(
        plane.attach(target('IPv4'), operation),
        (error) =>
          hasCode(error, 'FEATURE_UNSUPPORTED') &&
          error.message.includes('no ifconfig(8)') &&
          /13\.3/.test(error.hint ?? ''),
      ),
  ));

test('detach of what is gone, or was never made, only asks the host', async () => {
  await replay([listing(bridge()), NO_PF], (plane, operation) =>
    plane.detach(target('IPv4'), operation),
  );
  await replay(
    [listing(ours), change(`ifconfig ${A} destroy`, GONE(A)), NO_PF],
    (plane, operation) => plane.detach(target('IPv4'), operation),
  );
});

test('detach destroys whatever bears the mark, and tries every step before it throws', () => {
  const other = sibling('IPv4', -1);
  const second = show('epair5a', { description: MARK, groups: 'epair klee' });
  return replay(
    [
      listing(ours, second, siblingPair(other)),
      change(`ifconfig ${A} destroy`, { status: 1, stderr: 'out of luck\n' }),
      change('ifconfig epair5a destroy'),
      OLD,
      RELEASE.inside('route -n add default 10.9.1.1', { status: 1, stderr: 'eh\n' }),
      NO_PF,
    ],
    (plane, operation) =>
      assert.rejects(plane.detach(target('IPv4', { siblings: [other] }), operation), /out of luck/),
  );
});

/** The host's own uplink, and the end of a jail that somebody has removed: both are named `eth0`. */
const HOME = show('eth0', {
  flags: 'RUNNING',
  groups: '',
  lines: [`ether ${MAC}`, 'hwaddr 02:11:22:33:44:0b'],
});
const UPLINK = show('eth0', { groups: '', lines: ['ether 58:9c:fc:00:11:22'] });
/** As 13.2 shows the two. The host's own is down here: it may come up again. */
const TWINS = [
  show('eth0', {
    flags: 'RUNNING',
    groups: '',
    lines: ['ether 58:9c:fc:00:11:22', `ether ${MAC}`, 'hwaddr 58:9c:fc:00:11:22'],
  }),
];
const JAIL_GONE: Answer = { status: 1, stderr: `jexec: jail "${JAIL}" not found\n` };

test('an epair whose end may be one of two interfaces of one name is left, and the user hears what to do', () => {
  const refusal = (error: unknown): boolean =>
    hasCode(error, 'INTERFACE_IN_USE') &&
    error.message.includes('two interfaces named eth0') &&
    (error.hint ?? '').includes('ifconfig eth0 name');
  const detach = (twins: readonly string[]): Promise<void> =>
    replay(
      [listing(ours, ...twins), OLD, RELEASE.look('ifconfig eth0', JAIL_GONE), NO_PF],
      (plane, operation) => assert.rejects(plane.detach(target('IPv4'), operation), refusal),
    );
  return detach(TWINS).then(() => detach([UPLINK, HOME]));
});

test('attach does not destroy such an epair either', () =>
  replay(
    [
      listing(bridge([A]), ours, ...TWINS),
      HAS_MODULE,
      NO_PF,
      change(`ifconfig ${BRIDGE} static ${A} ${MAC}`),
      change(`ifconfig ${A} ${QUIET}`),
      OLD,
      RELEASE.inside(`ifconfig ${B} name eth0`, GONE(B)),
      RELEASE.inside(`ifconfig eth0 ether ${MAC} mtu 1500`, GONE('eth0')),
      RELEASE.look('ifconfig eth0', GONE('eth0')),
    ],
    (plane, operation) =>
      assert.rejects(plane.attach(target('IPv4'), operation), (error) =>
        hasCode(error, 'INTERFACE_IN_USE'),
      ),
  ));

test('the twins of another container keep nobody from being detached whose end is in its jail', () =>
  replay(
    [
      listing(ours, ...TWINS),
      OLD,
      RELEASE.look('ifconfig eth0', { stdout: show('eth0') }),
      change(`ifconfig ${A} destroy`),
      NO_PF,
    ],
    (plane, operation) => plane.detach(target('IPv4'), operation),
  ));

test('two ends that came home are not a danger to each other', () =>
  replay(
    [
      listing(ours, HOME.replace('\thwaddr', `\tether ${MAC}\n\thwaddr`)),
      change(`ifconfig ${A} destroy`),
      NO_PF,
    ],
    (plane, operation) => plane.detach(target('IPv4'), operation),
  ));

test('attach warns of a name that the host has come to have as well', async () => {
  const { warned } = await replayed(
    [
      listing(bridge(), UPLINK),
      HAS_MODULE,
      { ...change(create()), status: 1, stderr: 'enough of this\n' },
    ],
    (plane, operation) => assert.rejects(plane.attach(target('IPv4'), operation), /enough of this/),
  );
  assert.match(warned[0] ?? '', /host has an interface eth0, as container 'container1' has/);
});

test('observe says so when there is no epair, when it was not moved, and when the jail is mute', async () => {
  const missing = {
    endpointId: ENDPOINT.id,
    problems: [`container 'container1' has no interface eth0`],
  };
  await replay([listing(bridge())], async (plane) =>
    assert.deepEqual(await plane.observe([target('IPv4')]), [missing]),
  );
  await replay([listing(bridge(), ours, show(B)), NO_PF, TOLD], async (plane) =>
    assert.deepEqual(await plane.observe([target('IPv4')]), [missing]),
  );
  await replay(
    [
      listing(bridge([A]), ours),
      NO_PF,
      TOLD,
      OLD,
      RELEASE.look('ifconfig eth0', {
        status: 1,
        stderr: 'jexec: execvp: ifconfig: No such file or directory\n',
      }),
    ],
    async (plane) => {
      const [found] = await plane.observe([target('IPv4')]);
      assert.match(found?.problems[0] ?? '', /container1' does not report its interfaces/);
    },
  );
});

test('a missing kernel module is loaded', async () => {
  const { warned } = await replayed(
    [
      listing(bridge()),
      read('kldstat -q -m if_epair', { status: 1 }),
      change('kldload -n if_epair'),
      { ...change(create()), status: 1, stderr: 'enough of this\n' },
    ],
    (plane, operation) => assert.rejects(plane.attach(target('IPv4'), operation), /enough of this/),
  );
  assert.match(warned[0] ?? '', /if_epair was loaded/);
});

test('a kernel without VIMAGE cannot do it, and says so before any work', async () => {
  await replay([read('sysctl -n kern.features.vimage', { stdout: '1\n' })], async (plane) =>
    assert.deepEqual(await plane.status(), { state: 'ready', reasons: [] }),
  );
  const unknown = { status: 1, stderr: "sysctl: unknown oid 'kern.features.vimage'\n" };
  await replay([read('sysctl -n kern.features.vimage', unknown)], async (plane) => {
    const { state, reasons } = await plane.status();
    assert.equal(state, 'unavailable');
    assert.match(reasons[0] ?? '', /VIMAGE/);
  });
});

test('the plan names both ends of the epair that is tried first, far from the kernel’s own numbers', async () => {
  await replay([], async (plane) => {
    assert.deepEqual(plane.plan(target('IPv4')), [{ kind: 'interface', name: A, peer: B }]);
    assert.deepEqual(await plane.observe([]), []);
  });
  for (const unit of unitsOf(target('IPv4'))) assert.ok(unit >= 1000 && unit < 31_000);
});

test.run();
