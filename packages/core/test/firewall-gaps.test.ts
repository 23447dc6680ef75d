/** Which networks and containers lack a firewall that does not work. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { PlaneStatus } from '../src/driver.ts';
import { firewallGaps } from '../src/engine/lifecycle/firewall-gaps.ts';
import type { HostIdentity, Network, Run } from '../src/model.ts';
import type { Transaction } from '../src/store.ts';
import { newWorld } from './support/engine.ts';
import { sampleClaim, sampleContainer, sampleNetwork, sampleRun } from './support/samples.ts';

const HERE: HostIdentity = {
  platform: 'memory',
  hostId: 'host',
  bootId: 'boot',
  commandPrefix: [],
};
const STATES: readonly PlaneStatus['state'][] = ['ready', 'degraded', 'unavailable'];

/** The gaps of each state of the firewall, as `NAME: MESSAGE`. */
async function gaps(
  record: (tx: Transaction) => void,
): Promise<Readonly<Record<PlaneStatus['state'], readonly string[]>>> {
  const { store } = newWorld();
  await store.write(record);
  const found = (state: PlaneStatus['state']): Promise<readonly string[]> =>
    store.read((snapshot) =>
      firewallGaps(snapshot, HERE, { state, reasons: ['one', 'two'] }).map(
        ({ object, message }) => `${object.name}: ${message}`,
      ),
    );
  const [ready = [], degraded = [], unavailable = []] = await Promise.all(STATES.map(found));
  return { ready, degraded, unavailable };
}

function network(parts: Partial<Network>, isUp = true): (tx: Transaction) => void {
  return (tx) => {
    const one = sampleNetwork({ name: 'net', ...parts });
    tx.networks.insert(one);
    if (!isUp) return;
    const claim = sampleClaim({ kind: 'network', id: one.id });
    tx.claims.insert({ ...claim, host: HERE });
  };
}

const PARTLY = 'the firewall does not see all packets here: one; two';
const BROKEN = 'the firewall does not work here: one; two';
const NONE = { ready: [], degraded: [], unavailable: [] };

test('a network that depends on the firewall lacks one that does not see everything', async () => {
  assert.deepEqual(await gaps(network({ internal: true })), {
    ready: [],
    degraded: [`net: the network is internal, but ${PARTLY}`],
    unavailable: [`net: the network is internal, but ${BROKEN}`],
  });
  assert.deepEqual(await gaps(network({ icc: false })), {
    ready: [],
    degraded: [`net: the network has no icc, but ${PARTLY}`],
    unavailable: [`net: the network has no icc, but ${BROKEN}`],
  });
});

test('a network that is down, or needs none, lacks nothing', async () => {
  assert.deepEqual(await gaps(network({ internal: true }, false)), NONE);
  assert.deepEqual(await gaps(network({})), NONE);
});

/** A container with this many published ports. */
function container(ports: number, run?: Partial<Run>): (tx: Transaction) => void {
  return (tx) => {
    const port = { protocol: 'tcp', hostPorts: [80, 80], containerPort: 80 } as const;
    const publishedPorts = Array.from({ length: ports }, () => port);
    const one = sampleContainer({ name: 'web', publishedPorts });
    tx.containers.insert(one);
    if (run !== undefined) tx.runs.put(sampleRun(one, run));
  };
}

test('a container that runs and publishes ports lacks a firewall that does not work', async () => {
  for (const ports of [1, 2])
    assert.deepEqual(await gaps(container(ports, {})), {
      ...NONE,
      unavailable: [`web: the container publishes ports, but ${BROKEN}`],
    });
});

test('a container that publishes nothing, or does not run, lacks nothing', async () => {
  assert.deepEqual(await gaps(container(0, {})), NONE);
  assert.deepEqual(await gaps(container(1)), NONE);
  assert.deepEqual(await gaps(container(1, { state: 'ended' })), NONE);
});

test('a container that ran until the host was booted lacks nothing', async () => {
  assert.deepEqual(await gaps(container(1, { bootId: 'earlier' })), NONE);
});

test('all that lack it are named', async () => {
  const both = await gaps((tx) => {
    network({ internal: true })(tx);
    container(1, {})(tx);
  });
  assert.deepEqual([both.degraded.length, both.unavailable.length], [1, 2]);
});

test.run();
