/** Drivers whose capabilities differ on a platform: create and connect ask for those of the platform at hand. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { Capabilities } from '../src/driver.ts';
import * as core from '../src/engine/index.ts';
import type { Engine } from '../src/engine/index.ts';
import type { ErrorCode } from '../src/errors.ts';
import { OWN, newProcess, newWorld, pluginSource } from './support/engine.ts';
import { refused } from './support/refusals.ts';

/** An engine on the simulated host with one driver; the overrides are those of that host, or of all others. */
async function withDriver(
  common: Partial<Capabilities>,
  override: Partial<Capabilities>,
  where: 'here' | 'elsewhere' | 'nowhere',
): Promise<Engine> {
  const platforms = {
    here: { memory: override },
    elsewhere: { linux: override, freebsd: override },
    nowhere: {},
  };
  const lab = pluginSource('lab', { ...OWN, ...common }, {}, platforms[where]);
  const { engine } = newProcess(newWorld(), { plugins: [lab] });
  await core.createNetwork(engine, {
    name: 'net',
    type: 'bridge',
    subnet: '10.1.0.0/24',
    subnet6: 'fd00::/64',
  });
  return engine;
}

const LAB = { name: 'a', image: 'host', driver: 'lab' };
const create =
  (more: object) =>
  (engine: Engine): Promise<unknown> =>
    core.createContainer(engine, { ...LAB, ...more });

async function connectStopped(engine: Engine): Promise<void> {
  await core.createContainer(engine, LAB);
  await core.connect(engine, { network: 'net', container: 'a' });
}

async function connectRunning(engine: Engine): Promise<void> {
  await core.runContainer(engine, LAB, 'detached');
  await core.connect(engine, { network: 'net', container: 'a' });
}

/** To a container, a network that is to keep it in. */
const within =
  (kept: object, act: (engine: Engine) => Promise<unknown>) =>
  async (engine: Engine): Promise<void> => {
    await core.createNetwork(engine, {
      name: 'kept',
      type: 'bridge',
      subnet: '10.2.0.0/24',
      ...kept,
    });
    await act(engine);
  };

async function connectKept(engine: Engine): Promise<void> {
  await core.createContainer(engine, LAB);
  await core.connect(engine, { network: 'kept', container: 'a' });
}

async function disconnectRunning(engine: Engine): Promise<void> {
  await core.runContainer(engine, { ...LAB, networks: [{ network: 'net' }] }, 'detached');
  await core.disconnect(engine, { network: 'net', container: 'a' });
}

interface Case {
  readonly title: string;
  /** The capability with the operation allowed, and without. */
  readonly allowing: Partial<Capabilities>;
  readonly refusing: Partial<Capabilities>;
  readonly act: (engine: Engine) => Promise<unknown>;
  readonly code: ErrorCode;
}

const DUAL = { networks: [{ network: 'net' }] };
const FAMILIES = {
  allowing: { families: ['ipv4', 'ipv6'] },
  refusing: { families: ['ipv4'] },
  code: 'FAMILY_UNSUPPORTED',
} as const;
const TYPES = {
  allowing: { networkTypes: ['bridge'] },
  refusing: { networkTypes: ['loopback'] },
  code: 'NETWORK_TYPE_UNSUPPORTED',
} as const;

const CASES: readonly Case[] = [
  { title: 'create with a network of two families', ...FAMILIES, act: create(DUAL) },
  { title: 'connect to a network of two families', ...FAMILIES, act: connectStopped },
  { title: 'create with a bridge', ...TYPES, act: create(DUAL) },
  { title: 'connect to a bridge', ...TYPES, act: connectStopped },
  {
    title: 'create with published ports',
    allowing: { publishPorts: true },
    refusing: { publishPorts: false },
    act: create({ publish: ['8080:80'] }),
    code: 'FEATURE_UNSUPPORTED',
  },
  {
    title: 'create with a MAC address',
    allowing: { mac: true },
    refusing: { mac: false },
    act: create({ networks: [{ network: 'net', mac: '02:00:00:00:00:01' }] }),
    code: 'FEATURE_UNSUPPORTED',
  },
  ...[
    {
      kind: 'an internal network',
      kept: { internal: true },
      allowing: { internalOn: ['bridge'] },
      refusing: { internalOn: [] },
    } as const,
    {
      kind: 'a network without icc',
      kept: { icc: false },
      allowing: { noIccOn: ['bridge'] },
      refusing: { noIccOn: [] },
    } as const,
  ].flatMap(({ kind, kept, ...capabilities }): readonly Case[] => [
    {
      title: `create with ${kind}`,
      ...capabilities,
      act: within(kept, create({ networks: [{ network: 'kept' }] })),
      code: 'FEATURE_UNSUPPORTED',
    },
    {
      title: `connect to ${kind}`,
      ...capabilities,
      act: within(kept, connectKept),
      code: 'FEATURE_UNSUPPORTED',
    },
  ]),
  {
    title: 'connect while it runs',
    allowing: { connectWhileRunning: true },
    refusing: { connectWhileRunning: false },
    act: connectRunning,
    code: 'CONTAINER_RUNNING',
  },
  {
    title: 'disconnect while it runs',
    allowing: { disconnectWhileRunning: true },
    refusing: { disconnectWhileRunning: false },
    act: disconnectRunning,
    code: 'CONTAINER_RUNNING',
  },
];

for (const { title, allowing, refusing, act, code } of CASES) {
  test(`${title}: refused where the platform takes the capability away, and only there`, async () => {
    for (const where of ['elsewhere', 'nowhere'] as const)
      await act(await withDriver(allowing, refusing, where));
    await refused(act(await withDriver(allowing, refusing, 'here')), code);
  });

  test(`${title}: allowed where the platform gives the capability, and only there`, async () => {
    for (const where of ['elsewhere', 'nowhere'] as const)
      await refused(act(await withDriver(refusing, allowing, where)), code);
    await act(await withDriver(refusing, allowing, 'here'));
  });
}

test('a container gets the stack that its driver has on the platform', async () => {
  const stackOf = async (where: 'here' | 'elsewhere' | 'nowhere'): Promise<string> => {
    const engine = await withDriver({}, { stack: 'restricted', mac: false, gateway: false }, where);
    return (await core.createContainer(engine, LAB)).stack;
  };
  assert.equal(await stackOf('here'), 'restricted');
  assert.equal(await stackOf('elsewhere'), 'own');
  assert.equal(await stackOf('nowhere'), 'own');
});

test.run();
