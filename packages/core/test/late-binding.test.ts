/** Addresses that a driver learns while it attaches an endpoint: leased first empty, then recorded. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { AttachTarget, DataPlane, IpAddress, Operation, PerFamily } from '../src/driver.ts';
import * as core from '../src/engine/index.ts';
import type { Engine } from '../src/engine/index.ts';
import { hasCode } from '../src/errors.ts';
import type { Endpoint } from '../src/model.ts';
import { OWN, newProcess, newWorld, pluginSource } from './support/engine.ts';
import type { World } from './support/engine.ts';
import { mortal } from './support/mortal.ts';
import { refused } from './support/refusals.ts';

type Bound = PerFamily<IpAddress>;
const of = (last: number): Bound => ({ ipv4: `10.1.0.${last}` as IpAddress });

/** What a server answers, and what a driver that asks it was told and has attached. */
class Server {
  answers: readonly Bound[] = [];
  /** Attaching fails after an address was bound. */
  fails = false;
  readonly attached: (Bound | undefined)[] = [];
  readonly detached: Bound[] = [];

  /** The data plane of a driver that asks it. */
  readonly plane: DataPlane = {
    status: async () => ({ state: 'ready', reasons: [] }),
    plan: () => [],
    attach: (target, operation) => this.#attach(target, operation),
    detach: async ({ endpoint }) => {
      this.detached.push(endpoint.addresses);
    },
    observe: async (targets) =>
      targets.map(({ endpoint }) => ({ endpointId: endpoint.id, problems: [] })),
  };

  async #attach(target: AttachTarget, operation: Operation): Promise<void> {
    const [answer, ...rest] = this.answers;
    this.answers = rest;
    const now = answer === undefined ? target : await operation.bind?.(answer);
    if (this.fails) throw new Error('the link is down');
    this.attached.push(now?.endpoint.addresses);
  }
}

function processOf(world: World, server: Server, lateBinding = true): Engine {
  const capabilities = { ...OWN, connectWhileRunning: true, lateBinding };
  const late = pluginSource('late', capabilities, { memory: async () => server.plane });
  const others = pluginSource('vnet', OWN);
  return newProcess(world, { plugins: [late, others] }).engine;
}

async function given(): Promise<{ engine: Engine; world: World; server: Server }> {
  const world = newWorld();
  const server = new Server();
  const engine = processOf(world, server);
  await core.createNetwork(engine, { name: 'net', type: 'bridge', subnet: '10.1.0.0/24' });
  return { engine, world, server };
}

const LATE = { name: 'a', image: 'host', driver: 'late', networks: [{ network: 'net' }] };

const endpointsOf = (world: World): Promise<readonly Endpoint[]> =>
  world.store.read((snapshot) =>
    snapshot.containers.list().flatMap(({ id }) => snapshot.endpoints.byContainer(id)),
  );
/** The addresses of its endpoints, and of all leases that are held. */
async function held(world: World): Promise<readonly (IpAddress | undefined)[]> {
  return (await endpointsOf(world)).map(({ addresses }) => addresses.ipv4);
}

test('an endpoint has no address until it is attached, and keeps the one that it learnt', async () => {
  const { engine, world, server } = await given();
  await core.createContainer(engine, LATE);
  assert.deepEqual(await held(world), [undefined]);
  const again = core.connect(engine, { network: 'net', container: 'a' });
  await refused(again, 'ALREADY_CONNECTED', /already connected to network 'net'$/);
  server.answers = [of(77)];
  await core.startContainer(engine, 'a', 'detached');
  assert.deepEqual(server.attached, [of(77)]);
  assert.deepEqual(await held(world), ['10.1.0.77']);
  await core.stopContainer(engine, 'a', 0);
  assert.deepEqual(server.detached, [of(77)]);
  const taken = core.createContainer(engine, {
    ...LATE,
    name: 'b',
    driver: 'vnet',
    networks: [{ network: 'net', ip: '10.1.0.77' }],
  });
  await refused(taken, 'ADDRESS_IN_USE', /container 'a'/);
  await core.disconnect(engine, { network: 'net', container: 'a' });
  await core.createContainer(engine, {
    ...LATE,
    name: 'b',
    driver: 'vnet',
    networks: [{ network: 'net', ip: '10.1.0.77' }],
  });
});

test('another address takes the place of the first, which is free again; the same one changes nothing', async () => {
  const { engine, world, server } = await given();
  server.answers = [of(77), of(78), of(78)];
  await core.runContainer(engine, LATE, 'detached');
  for (const address of ['10.1.0.78', '10.1.0.78']) {
    await core.restartContainer(engine, 'a', 0);
    assert.deepEqual(await held(world), [address]);
  }
  const freed = { network: 'net', ip: '10.1.0.77' };
  await core.createContainer(engine, { ...LATE, name: 'b', driver: 'vnet', networks: [freed] });
});

test('an address that is asked for is leased at once', async () => {
  const { engine, world } = await given();
  await core.createContainer(engine, { ...LATE, networks: [{ network: 'net', ip: '10.1.0.9' }] });
  assert.deepEqual(await held(world), ['10.1.0.9']);
});

test('names follow: the hosts files of running containers have the address', async () => {
  const { engine, server } = await given();
  const vnet = { name: 'b', image: 'host', driver: 'vnet', networks: [{ network: 'net' }] };
  await core.runContainer(engine, vnet, 'detached');
  let told = '';
  const { platform } = engine;
  const sandboxes: typeof platform.sandboxes = {
    ...platform.sandboxes,
    async setHostsFiles(hosts) {
      told = hosts
        .flatMap(({ entries }) =>
          entries.map(({ address, names }) => `${address} ${names.join(' ')}`),
        )
        .join(', ');
    },
  };
  const telling = { ...engine, platform: { ...platform, sandboxes } };
  server.answers = [of(77), of(78)];
  await core.runContainer(telling, LATE, 'detached');
  assert.match(told, /10\.1\.0\.77 a/);
  await core.restartContainer(telling, 'a', 0);
  assert.match(told, /10\.1\.0\.78 a/);
  assert.doesNotMatch(told, /10\.1\.0\.77/);
});

test('an address that cannot be leased fails the start, and leaves nothing', async () => {
  for (const [answer, code] of [
    [of(1), 'ADDRESS_RESERVED'],
    [of(2), 'ADDRESS_IN_USE'],
    [{ ipv4: '10.2.0.1' as IpAddress }, 'ADDRESS_OUT_OF_RANGE'],
    [{ ipv6: 'fd00::1' as IpAddress }, 'ADDRESS_FAMILY_MISSING'],
    [{ ipv4: 'fd00::1' as IpAddress }, 'DRIVER_FAILED'],
    [{ ipx: '10.1.0.3' } as Bound, 'DRIVER_FAILED'],
  ] as const) {
    const { engine, world, server } = await given();
    await core.createContainer(engine, {
      ...LATE,
      name: 'b',
      driver: 'vnet',
      networks: [{ network: 'net', ip: '10.1.0.2' }],
    });
    server.answers = [answer];
    await refused(core.runContainer(engine, LATE, 'detached'), code);
    assert.deepEqual(await held(world), ['10.1.0.2']);
  }
});

test('what was bound before a failure is free again', async () => {
  const { engine, world, server } = await given();
  await core.runContainer(engine, { ...LATE, networks: [] }, 'detached');
  server.answers = [of(77)];
  server.fails = true;
  await refused(core.connect(engine, { network: 'net', container: 'a' }), 'DRIVER_FAILED');
  assert.deepEqual(await held(world), []);
  assert.deepEqual(server.detached, [of(77)]);
  server.fails = false;
  server.answers = [of(77)];
  await core.connect(engine, { network: 'net', container: 'a' });
  assert.deepEqual(await held(world), ['10.1.0.77']);
});

test('a process that dies at any point leaves no lease without an endpoint', async () => {
  let died = 0;
  for (let point = 1; ; point += 1) {
    const { engine, world, server } = await given();
    await core.runContainer(engine, { ...LATE, networks: [] }, 'detached');
    const doomed = mortal(world, point);
    server.answers = [of(77)];
    const request = { network: 'net', container: 'a' };
    await core.connect(processOf(doomed.world, server), request).catch(() => undefined);
    if (!doomed.dead()) break;
    died += 1;
    server.answers = [of(77)];
    await core.connect(engine, request).catch((error: unknown) => {
      assert.ok(hasCode(error, 'ALREADY_CONNECTED'), String(error));
    });
    assert.deepEqual(await held(world), ['10.1.0.77'], `after a death at point ${point}`);
    await core.removeContainer(engine, 'a', { force: true });
    await core.removeNetwork(engine, 'net');
    assert.deepEqual(await core.checkSystem(engine), [], `after a death at point ${point}`);
  }
  assert.ok(died > 3);
});

test('a driver that does not declare it can bind nothing', async () => {
  const world = newWorld();
  const server = new Server();
  const engine = processOf(world, server, false);
  await core.createNetwork(engine, { name: 'net', type: 'bridge', subnet: '10.1.0.0/24' });
  server.answers = [of(77)];
  await core.runContainer(engine, LATE, 'detached');
  assert.deepEqual(server.attached, [undefined]);
  assert.deepEqual(await held(world), ['10.1.0.2']);
});

test.run();
