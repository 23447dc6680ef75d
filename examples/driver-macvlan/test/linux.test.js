// What is told to ip(8) and sysctl(8), and what is made of their answers. Whether packets pass is for a real host to show.
import { deepEqual, match, rejects } from 'node:assert/strict';
import { test } from 'node:test';
import { hasCode } from '@kleenet/core/errors';
import {
  SILENT_LOGGER,
  buildAttachTarget,
  buildContainer,
  buildEndpoint,
  buildNetwork,
  createFakeClock,
  createReplayRunner,
} from '@kleenet/core/testing';
import { macvlan } from '../dist/index.js';

const container = buildContainer({ driver: 'macvlan', stack: 'own' });
const host = { signal: new AbortController().signal, claim: async () => undefined };

function targetOn(parts = {}, options = {}) {
  const network = buildNetwork({
    type: 'custom',
    subnet: '192.0.2.0/24',
    subnet6: '2001:db8::/64',
    ...parts,
  });
  const endpoint = buildEndpoint({ network, container, options });
  return buildAttachTarget({ network, container, endpoint });
}

const target = targetOn({}, { gateway: '192.0.2.1', gateway6: 'fe80::1' });
const { id, mac } = target.endpoint;
const ns = target.sandbox.name;

/** Runs a call on a data plane whose commands are answered by the script, all of it. */
async function replay(script, call) {
  const commands = createReplayRunner(script);
  const plane = await macvlan.dataPlanes.linux({
    commands,
    clock: createFakeClock(),
    logger: SILENT_LOGGER,
  });
  const result = await call(plane);
  commands.assertDone();
  return result;
}

const LINK = {
  ifname: 'eth0',
  address: mac,
  mtu: 1500,
  flags: ['BROADCAST', 'UP'],
  linkinfo: { info_kind: 'macvlan' },
  addr_info: [{ local: '192.0.2.10' }, { local: '2001:db8::a' }],
};

/** The interfaces of the container are looked at. */
function looks(...links) {
  const argv = ['ip', '-netns', ns, '-details', '-json', 'address', 'show'];
  return { method: 'read', argv, stdout: JSON.stringify([{ ifname: 'lo' }, ...links]) };
}

/** And the interface that they are on. */
const looksAtParent = {
  method: 'read',
  argv: ['ip', '-json', 'link', 'show', 'dev', 'ext0'],
  stdout: JSON.stringify([{ ifname: 'ext0', mtu: 1500 }]),
};

const SETTINGS = ['net.ipv6.conf.eth0.accept_ra', 'net.ipv6.conf.eth0.ndisc_notify'];
SETTINGS.push('net.ipv4.conf.eth0.arp_notify');

function looksAtSettings(...values) {
  const argv = ['ip', 'netns', 'exec', ns, 'sysctl', '-e', ...SETTINGS];
  const lines = values.map((value, index) => `${SETTINGS[index]} = ${value}\n`);
  return { method: 'read', argv, stdout: lines.join('') };
}

const findsNoNamespace = {
  ...looks(),
  status: 255,
  stdout: '',
  stderr: `Cannot open network namespace "${ns}": No such file or directory\n`,
};

function creates({ parent = 'ext0', mode = 'bridge', ...answer } = {}) {
  const argv = ['ip', 'link', 'add', 'link', parent, 'name', `mv${id}`, 'address', mac];
  argv.push('netns', ns, 'type', 'macvlan', 'mode', mode);
  return { method: 'change', argv, ...answer };
}

const renames = {
  method: 'change',
  argv: ['ip', '-netns', ns, 'link', 'set', 'dev', `mv${id}`, 'name', 'eth0'],
};

const configures = [
  {
    method: 'change',
    argv: [
      'ip',
      'netns',
      'exec',
      ns,
      'sysctl',
      '-q',
      '-e',
      '-w',
      'net.ipv6.conf.eth0.accept_ra=0',
      'net.ipv6.conf.eth0.ndisc_notify=1',
      'net.ipv4.conf.eth0.arp_notify=1',
    ],
  },
  {
    method: 'change',
    argv: ['ip', '-netns', ns, '-batch', '-'],
    input: [
      'address replace 192.0.2.10/24 dev eth0',
      'address replace 2001:db8::a/64 dev eth0 nodad',
      'link set dev eth0 up',
      'route replace default via 192.0.2.1 dev eth0 metric 1024000001',
      'route replace default via fe80::1 dev eth0 metric 1024000001',
      '',
    ].join('\n'),
  },
];

function deletes(name, answer = {}) {
  const argv = ['ip', '-netns', ns, 'link', 'delete', 'dev', name];
  return { method: 'change', argv, ...answer };
}

test('attach makes the interface in the namespace, and names it there', () =>
  replay([looks(), creates(), renames, ...configures], (plane) => plane.attach(target, host)));

test('attach goes on where an earlier one stopped', async () => {
  const half = { ...LINK, ifname: `mv${id}` };
  await replay([looks(half), renames, ...configures], (plane) => plane.attach(target, host));
  const [settings, batch] = configures;
  const again = [looks(LINK), settings, looksAtParent, batch];
  await replay(again, (plane) => plane.attach(target, host));
});

test('attach gives an interface back its MAC address and MTU', () => {
  const changed = { ...LINK, address: '02:00:00:00:00:01', mtu: 1400 };
  const [settings, batch] = configures;
  const lines = `link set dev eth0 address ${mac}\nlink set dev eth0 mtu 1500\n${batch.input}`;
  const script = [looks(changed), settings, looksAtParent, { ...batch, input: lines }];
  return replay(script, (plane) => plane.attach(target, host));
});

test('without icc the mode is private, and an MTU is passed on', () => {
  const apart = targetOn({ icc: false, mtu: 1400 });
  const create = creates({ mode: 'private' });
  create.argv.splice(create.argv.indexOf('netns'), 0, 'mtu', '1400');
  const [settings] = configures;
  const lines =
    'address replace 192.0.2.10/24 dev eth0\naddress replace 2001:db8::a/64 dev eth0 nodad\nlink set dev eth0 up\n';
  const batch = { method: 'change', argv: ['ip', '-netns', ns, '-batch', '-'], input: lines };
  return replay([looks(), create, renames, settings, batch], (plane) => plane.attach(apart, host));
});

test('an interface of the name that is not a macvlan is refused', () =>
  replay([looks({ ...LINK, linkinfo: { info_kind: 'veth' } })], (plane) =>
    rejects(plane.attach(target, host), (error) => hasCode(error, 'INTERFACE_IN_USE')),
  ));

for (const [said, code] of [
  ['Error: Unknown device type.', 'FEATURE_UNSUPPORTED'],
  ['Cannot find device "ext0"', 'INTERFACE_NOT_FOUND'],
  ['RTNETLINK answers: Device or resource busy', 'INTERFACE_IN_USE'],
  ['RTNETLINK answers: Invalid argument', 'PLATFORM_COMMAND_FAILED'],
]) {
  test(`'${said}' is ${code}`, () =>
    replay([looks(), creates({ status: 2, stderr: said })], (plane) =>
      rejects(plane.attach(target, host), (error) => hasCode(error, code)),
    ));
}

test('detach deletes the interface under either name, and nothing else', async () => {
  const half = { ...LINK, ifname: `mv${id}` };
  const other = { ...LINK, ifname: 'eth1' };
  await replay([looks(LINK, other), deletes('eth0')], (plane) => plane.detach(target, host));
  await replay([looks(half), deletes(`mv${id}`)], (plane) => plane.detach(target, host));
  const foreign = { ...LINK, linkinfo: { info_kind: 'veth' } };
  await replay([looks(foreign)], (plane) => plane.detach(target, host));
});

test('detach is content when namespace or interface are gone, or go meanwhile', async () => {
  const gone = deletes('eth0', { status: 1, stderr: 'Cannot find device "eth0"\n' });
  await replay([findsNoNamespace], (plane) => plane.detach(target, host));
  await replay([looks()], (plane) => plane.detach(target, host));
  await replay([looks(LINK), gone, findsNoNamespace], (plane) => plane.detach(target, host));
});

test('detach throws when the interface stays, and when nobody can look', async () => {
  const denied = { status: 2, stderr: 'RTNETLINK answers: Operation not permitted\n' };
  const fails = (plane) =>
    rejects(plane.detach(target, host), (error) => hasCode(error, 'PLATFORM_COMMAND_FAILED'));
  await replay([looks(LINK), deletes('eth0', denied), looks(LINK)], fails);
  await replay([{ ...looks(), status: 255, stderr: 'Permission denied\n' }], fails);
});

test('observe finds what is missing or different', async () => {
  const observe = async (look, settings = looksAtSettings(0, 1, 1)) => {
    const script = [look, looksAtParent, settings];
    const [{ endpointId, problems }] = await replay(script, (plane) => plane.observe([target]));
    deepEqual(endpointId, id);
    return problems;
  };
  deepEqual(await observe(looks(LINK)), []);
  match((await observe(findsNoNamespace))[0], /has no interface eth0/);
  match((await observe(looks()))[0], /has no interface eth0/);
  const spoilt = {
    ...LINK,
    address: '02:00:00:00:00:01',
    mtu: 1400,
    flags: [],
    addr_info: LINK.addr_info.slice(1),
  };
  deepEqual(await observe(looks(spoilt), looksAtSettings(1, 1, 1)), [
    "eth0 of container 'container1' is down",
    `container 'container1' has the MAC address 02:00:00:00:00:01, not ${mac}`,
    "the MTU of eth0 of container 'container1' is 1400, not 1500",
    "container 'container1' lacks the setting net.ipv6.conf.eth0.accept_ra=0",
    "container 'container1' lacks its address 192.0.2.10",
  ]);
});

test('without ip(8) it says what to install', async () => {
  const plane = await macvlan.dataPlanes.linux({
    commands: {
      read: () =>
        Promise.reject(
          Object.assign(new Error('no ip'), { name: 'KleenetError', code: 'TOOL_MISSING' }),
        ),
    },
  });
  const { state, reasons } = await plane.status();
  deepEqual([state, reasons], ['unavailable', ['ip(8) is missing: install iproute2']]);
});
