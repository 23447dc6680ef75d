// What is told to ip(8), and what is made of its answers, in cases that a host does not have by itself.
import { deepEqual, match, rejects } from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '@kleenet/core/errors';
import { hostInterface } from '@kleenet/core/linux';
import {
  SILENT_LOGGER,
  buildAttachTarget,
  buildContainer,
  buildEndpoint,
  createFakeClock,
  createReplayRunner,
} from '@kleenet/core/testing';
import { uplink } from '../dist/index.js';
import { OPERATION, buildUplinkNetwork, messages } from './support/world.js';

const network = buildUplinkNetwork({ subnet6: undefined });
const container = buildContainer({ driver: 'uplink', stack: 'own' });
const endpoint = buildEndpoint({ network, container });
const target = buildAttachTarget({ network, container, endpoint });
const bridge = network.interface;
const port = hostInterface('port', endpoint.id);

/** Runs a call on a data plane whose commands are answered by the script, all of it. */
async function replay(script, call) {
  const commands = createReplayRunner(script);
  const clock = createFakeClock();
  const plane = await uplink.dataPlanes.linux({ commands, clock, logger: SILENT_LOGGER });
  const result = await call(plane);
  commands.assertDone();
  return result;
}

function shows(line, stdout, more = {}) {
  const [first, ...rest] = line.split(' ');
  const family = first.startsWith('-') ? [first] : [];
  const words = family.length === 0 ? [first, ...rest] : rest;
  const argv = ['ip', ...family, '-details', '-json', ...words];
  return { method: 'read', argv, stdout: JSON.stringify(stdout), ...more };
}

function batch(...lines) {
  const input = lines.map((line) => `${line}\n`).join('');
  return { method: 'change', argv: ['ip', '-4', '-batch', '-'], input };
}

const RULES = [
  { priority: 27500, iif: bridge, table: 'main', suppress_prefixlen: 0, protocol: '107' },
  { priority: 27501, iif: bridge, table: '100', protocol: '107' },
  { priority: 27502, iif: bridge, action: 'unreachable', protocol: '107' },
];
const FOREIGN = [
  { priority: 0, table: 'local' },
  { priority: 27501, iif: 'other', table: '100', protocol: '107' },
  { priority: 27501, iif: bridge, table: '200' },
  { priority: 32766, table: 'main' },
];

test('a network gets its rules: what main knows, its own table, and nothing else', () =>
  replay(
    [
      shows('-4 rule show', FOREIGN),
      batch(
        `rule add iif ${bridge} lookup main suppress_prefixlength 0 protocol 107 priority 27500`,
        `rule add iif ${bridge} lookup 100 protocol 107 priority 27501`,
        `rule add iif ${bridge} unreachable protocol 107 priority 27502`,
      ),
    ],
    (plane) => plane.networkUp(network, OPERATION),
  ));

test('rules that are there stay, and one that leads elsewhere is replaced', async () => {
  await replay([shows('-4 rule show', [...FOREIGN, ...RULES])], (plane) =>
    plane.networkUp(network, OPERATION),
  );
  const [main, , last] = RULES;
  const script = [
    shows('-4 rule show', [main, { ...RULES[1], table: '99' }, last]),
    batch(
      `rule delete iif ${bridge} protocol 107 priority 27501`,
      `rule add iif ${bridge} lookup 100 protocol 107 priority 27501`,
    ),
  ];
  await replay(script, (plane) => plane.networkUp(network, OPERATION));
});

test('its own rules go with a network, and others stay', async () => {
  const removal = (priority, answer = {}) => ({
    method: 'change',
    argv: `ip -4 rule delete iif ${bridge} protocol 107 priority ${priority}`.split(' '),
    ...answer,
  });
  const gone = { status: 2, stderr: 'RTNETLINK answers: No such file or directory\n' };
  const script = [
    shows('-4 rule show', [...FOREIGN, ...RULES]),
    removal(27500),
    removal(27501, gone),
    removal(27502),
  ];
  await replay(script, (plane) => plane.networkDown(network, OPERATION));
  await replay([shows('-4 rule show', FOREIGN)], (plane) => plane.networkDown(network, OPERATION));
});

test('a missing rule is told', async () => {
  const [main, table] = RULES;
  const observe = (...rules) =>
    replay([shows('-4 rule show', rules)], (plane) => plane.observeNetwork(network));
  deepEqual(await observe(...RULES), []);
  const [problem, ...others] = await observe(main, table);
  match(problem, /^the IPv4 routing rule 'iif \S+ unreachable .*' is missing$/);
  deepEqual(others, []);
});

const EMPTY = { status: 2, stderr: 'Error: ipv4: FIB table does not exist.\nDump terminated\n' };
const WAY = shows('-4 route show default table 100', [{ dst: 'default', dev: 'wg0.1' }]);
const device = (mtu) => shows('link show dev wg0.1', [{ ifname: 'wg0.1', flags: [], mtu }]);
const filter = (all, own) => ({
  method: 'read',
  argv: 'sysctl -e -n net/ipv4/conf/all/rp_filter net/ipv4/conf/wg0.1/rp_filter'.split(' '),
  stdout: `${all}\n${own}\n`,
});

const CHECKS = [
  { what: 'a table with a way out', script: [WAY, device(1500), filter(1, 2)], said: [] },
  {
    what: 'a table that is not there',
    script: [{ ...WAY, ...EMPTY, stdout: '[' }],
    said: [
      'driver-opt table: routing table 100 has no IPv4 default route on this host: add one to it',
    ],
  },
  {
    what: 'a table that only refuses',
    script: [
      shows('-4 route show default table 100', [
        { type: 'unreachable', dst: 'default', dev: 'lo' },
      ]),
    ],
    said: [
      'driver-opt table: routing table 100 has no IPv4 default route on this host: add one to it',
    ],
  },
  {
    what: 'an uplink for smaller packets',
    script: [WAY, device(1420), filter(0, 0)],
    said: [
      'mtu: packets of 1500 bytes do not fit wg0.1, by which routing table 100 leaves: create the network with --mtu 1420',
    ],
  },
  {
    what: 'an uplink that drops answers',
    script: [WAY, device(1500), filter(0, 1)],
    said: [
      'driver-opt table: wg0.1 drops answers, by its reverse path filter: sysctl -w net/ipv4/conf/wg0.1/rp_filter=2',
    ],
  },
  { what: 'an internal network', parts: { internal: true }, script: [], said: [] },
  { what: 'a network without a table', parts: { options: {} }, script: [], said: [] },
  {
    what: 'a table of the kernel',
    parts: { options: { table: '254' } },
    script: [],
    said: ["driver-opt table: 254 is one of the kernel's own routing tables"],
  },
  {
    what: 'a host that does not tell',
    script: [{ ...WAY, status: 1, stderr: 'Operation not permitted\n' }],
    said: [],
  },
];

for (const { what, parts, script, said } of CHECKS)
  test(`check: ${what}`, async () => {
    const wanted = buildUplinkNetwork({ subnet6: undefined, ...parts });
    const issues = await replay(script, (plane) => plane.checkNetwork(wanted, OPERATION));
    deepEqual(messages(issues), said);
  });

test('an uplink that is down is told when a container is connected; its MTU is not asked for any more', async () => {
  const check = (script) => replay(script, (plane) => plane.checkEndpoint(network, {}, OPERATION));
  deepEqual(await check([WAY, device(1280)]), []);
  const [issue] = messages(await check([{ ...WAY, ...EMPTY, stdout: '' }]));
  match(issue, /has no IPv4 default route/);
});

test('an interface of the name of the port that klee did not make is refused, and not removed', async () => {
  const foreign = shows(`link show dev ${port}`, [{ ifname: port, flags: [], group: 'default' }]);
  await replay([foreign], (plane) =>
    rejects(plane.attach(target, OPERATION), (error) => hasCode(error, 'INTERFACE_IN_USE')),
  );
  const forgets = {
    method: 'change',
    argv: `ip neighbour delete 10.36.0.10 dev ${bridge}`.split(' '),
    status: 2,
    stderr: 'RTNETLINK answers: No such file or directory\n',
  };
  await replay([foreign, forgets], (plane) => plane.detach(target, OPERATION));
});

test('detach tries all, and throws what has failed', async () => {
  const ours = shows(`link show dev ${port}`, [{ ifname: port, flags: [], group: '27500' }]);
  const denied = { status: 2, stderr: 'RTNETLINK answers: Operation not permitted\n' };
  const script = [
    ours,
    { method: 'change', argv: ['ip', 'link', 'delete', 'dev', port], ...denied },
    { method: 'change', argv: `ip neighbour delete 10.36.0.10 dev ${bridge}`.split(' ') },
  ];
  await replay(script, (plane) =>
    rejects(plane.detach(target, OPERATION), (error) => hasCode(error, 'PLATFORM_COMMAND_FAILED')),
  );
});
