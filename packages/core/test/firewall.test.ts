/** What becomes of networks and ports on a host whose firewall does not work, or does not see everything. */
import * as assert from 'node:assert/strict';
import { suite } from 'uvu';
import type { PlaneStatus } from '../src/driver.ts';
import * as core from '../src/engine/index.ts';
import { intentsOf, newProcess, newWorld } from './support/engine.ts';
import type { Process } from './support/engine.ts';
import { refused } from './support/refusals.ts';

const test = suite('firewall');

const BROKEN: PlaneStatus = { state: 'unavailable', reasons: ['pf is not enabled', 'nor loaded'] };
const PARTIAL: PlaneStatus = { state: 'degraded', reasons: ['pf skips lo0'] };
const WORKING: PlaneStatus = { state: 'ready', reasons: [] };

function setFirewall({ platform }: Process, status: PlaneStatus): void {
  platform.firewall.status = () => Promise.resolve(status);
}

async function unguarded(work: Promise<unknown>, message: RegExp): Promise<void> {
  const { hint } = await refused(work, 'FIREWALL_UNAVAILABLE', message);
  assert.ok(hint !== undefined);
}

const NET = { name: 'net', type: 'bridge', subnet: '10.1.0.0/24' } as const;
const RUN = { name: 'web', image: 'host', networks: [{ network: 'net' }] } as const;

test('a network that needs none works, and its user is told what it lacks', async () => {
  for (const [status, message] of [
    [BROKEN, /^network 'net' works without isolation and NAT.*not enabled; nor loaded$/],
    [PARTIAL, /^network 'net' is not isolated in every way.*skips lo0$/],
  ] as const) {
    const process = newProcess(newWorld());
    setFirewall(process, status);
    await core.createNetwork(process.engine, NET);
    assert.equal(process.warnings.length, 1);
    assert.match(process.warnings[0] ?? '', message);
    await core.runContainer(process.engine, RUN, 'detached');
    assert.deepEqual(await core.checkSystem(process.engine), []);
  }
  const process = newProcess(newWorld());
  await core.createNetwork(process.engine, NET);
  assert.deepEqual(process.warnings, []);
});

test('what would be unsafe is refused, and leaves nothing', async () => {
  const process = newProcess(newWorld());
  const { engine } = process;
  await core.createNetwork(engine, NET);
  const create = (change: object): Promise<unknown> =>
    core.createNetwork(engine, { ...NET, name: 'other', subnet: '10.2.0.0/24', ...change });
  const publish = (): Promise<unknown> =>
    core.createContainer(engine, { ...RUN, publish: ['8080:80'] });
  setFirewall(process, BROKEN);
  await unguarded(create({ icc: false }), /--no-icc needs a firewall.*pf is not enabled/);
  await unguarded(create({ internal: true }), /internal network needs a firewall/);
  await unguarded(publish(), /publishing a port/);
  setFirewall(process, PARTIAL);
  await unguarded(create({ icc: false }), /does not see all packets here: pf skips lo0/);
  await unguarded(create({ internal: true }), /pf skips lo0/);
  assert.equal((await core.listNetworks(engine)).length, 1);
  await publish();
});

test('what was made while it worked is not started without it', async () => {
  const process = newProcess(newWorld());
  const { engine } = process;
  await core.createNetwork(engine, { ...NET, internal: true });
  await core.createNetwork(engine, { name: 'open', subnet: '10.2.0.0/24' });
  await core.createContainer(engine, RUN);
  const networks = [{ network: 'open' }];
  await core.createContainer(engine, { ...RUN, name: 'port', networks, publish: ['8080:80'] });
  await core.runContainer(engine, { ...RUN, name: 'free', networks }, 'detached');
  setFirewall(process, BROKEN);
  await unguarded(core.startContainer(engine, 'web', 'detached'), /network 'net' is internal and/);
  await unguarded(core.startContainer(engine, 'port', 'detached'), /publishing a port/);
  const connect = core.connect(engine, { network: 'net', container: 'free' });
  await unguarded(connect, /network 'net' is internal and/);
  setFirewall(process, PARTIAL);
  await unguarded(core.startContainer(engine, 'web', 'detached'), /pf skips lo0/);
  await core.startContainer(engine, 'port', 'detached');
  setFirewall(process, WORKING);
  await core.startContainer(engine, 'web', 'detached');
  await core.connect(engine, { network: 'net', container: 'free' });
});

test('a firewall that has rules of klee and does not answer is a failure, and not an absent one', async () => {
  const process = newProcess(newWorld());
  const { engine, platform } = process;
  await core.createNetwork(engine, NET);
  await core.runContainer(engine, { ...RUN, publish: ['8080:80'] }, 'detached');
  platform.firewall.hasLoaded = () => Promise.resolve(true);
  setFirewall(process, BROKEN);
  const why = /has rules of klee, cannot be asked or changed now: pf is not enabled; nor loaded/;
  const other = { ...NET, name: 'other', subnet: '10.2.0.0/24' };
  await unguarded(core.createNetwork(engine, other), why);
  assert.equal((await core.listNetworks(engine)).length, 1);
  await unguarded(core.removeContainer(engine, 'web', { force: true }), why);
  const messages = (await core.checkSystem(engine)).map(({ message }) => message);
  assert.ok(
    messages.some((message) => message.startsWith('the firewall cannot be compared')),
    messages.join('\n'),
  );
  setFirewall(process, WORKING);
  await core.removeContainer(engine, 'web', { force: true });
  await core.createNetwork(engine, other);
  assert.deepEqual(await core.checkSystem(engine), []);
});

test('check compares the firewall again where it differs, so that no old answer of the host is a finding', async () => {
  const process = newProcess(newWorld());
  const { engine, platform } = process;
  await core.createNetwork(engine, NET);
  await core.runContainer(engine, RUN, 'detached');
  let forgotten = 0;
  let problems = ['was so'];
  platform.firewall.observe = () => Promise.resolve(problems);
  const check = (now: readonly string[]): Promise<readonly core.Finding[]> =>
    core.checkSystem({
      ...engine,
      forgetReadings: () => {
        forgotten += 1;
        problems = [...now];
      },
    });
  assert.deepEqual(await check([]), []);
  assert.equal(forgotten, 1);
  problems = ['was so'];
  assert.deepEqual(
    (await check(['is so'])).map(({ message }) => message),
    ['is so'],
  );
});

test('check finds what is in use and unsafe, until the firewall works again', async () => {
  const process = newProcess(newWorld());
  const { engine } = process;
  await core.createNetwork(engine, { ...NET, icc: false });
  await core.createNetwork(engine, { name: 'in', subnet: '10.2.0.0/24', internal: true });
  await core.createNetwork(engine, { name: 'open', subnet: '10.3.0.0/24' });
  await core.runContainer(engine, { ...RUN, publish: ['8080:80'] }, 'detached');
  await core.createContainer(engine, { ...RUN, name: 'idle', publish: ['8081:80'] });
  const found = async (): Promise<readonly string[]> => {
    const findings = await core.checkSystem(engine);
    assert.ok(findings.every(({ kind }) => kind === 'firewall'));
    return findings.map(({ name, message }) => `${name}: ${message}`).toSorted();
  };
  assert.deepEqual(await found(), []);
  setFirewall(process, BROKEN);
  const why = 'the firewall does not work here: pf is not enabled; nor loaded';
  const gaps = [
    `in: the network is internal, but ${why}`,
    `net: the network has no icc, but ${why}`,
    `web: the container publishes ports, but ${why}`,
  ];
  assert.deepEqual(await found(), gaps);
  const { repaired, remaining } = await core.repairSystem(engine);
  assert.deepEqual([repaired.length, remaining.length], [0, 3]);
  setFirewall(process, PARTIAL);
  const partly = 'the firewall does not see all packets here: pf skips lo0';
  assert.deepEqual(await found(), [
    `in: the network is internal, but ${partly}`,
    `net: the network has no icc, but ${partly}`,
  ]);
  setFirewall(process, WORKING);
  assert.deepEqual(await found(), []);
});

test('a network that is down needs none', async () => {
  const process = newProcess(newWorld());
  const { engine } = process;
  await core.createNetwork(engine, { ...NET, internal: true });
  await core.systemDown(engine);
  setFirewall(process, BROKEN);
  assert.deepEqual(await core.checkSystem(engine), []);
});

test('intents name the gateways that the host has, and whose stack answers a port', async () => {
  const world = newWorld();
  const { engine } = newProcess(world);
  await core.createNetwork(engine, { ...NET, subnet6: 'fd01::/64' });
  await core.createNetwork(engine, {
    ...NET,
    name: 'manual',
    subnet: '10.2.0.0/24',
    gateway: '10.2.0.9',
  });
  await core.createNetwork(engine, { name: 'loop', subnet: '10.3.0.0/24' });
  for (const driver of ['ipnet', 'vnet'])
    await core.runContainer(
      engine,
      { ...RUN, name: driver, driver, publish: [driver === 'vnet' ? '80' : '81'] },
      'detached',
    );
  const { networks, published } = await intentsOf(engine);
  const addresses = networks.map(({ name, hostAddresses }) => [name, hostAddresses] as const);
  assert.deepEqual(Object.fromEntries(addresses), {
    net: { ipv4: '10.1.0.1', ipv6: 'fd01::1' },
    manual: {},
    loop: {},
  });
  const stacks = published.map(({ stack, port }) => `${port.containerPort} ${stack}`);
  assert.deepEqual([...new Set(stacks)].toSorted(), ['80 own', '81 restricted']);
});

test.run();
