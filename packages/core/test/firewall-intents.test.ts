/** What the firewall is to do, from recorded state alone. */
import * as assert from 'node:assert/strict';
import { suite } from 'uvu';
import type { Cidr, IpAddress, PerFamily } from '../src/address/types.ts';
import { firewallIntents } from '../src/firewall/intents.ts';
import type { FirewallIntents, PublishIntent } from '../src/firewall/intents.ts';
import { MemoryStore } from '../src/memory-store/memory-store.ts';
import type {
  Container,
  Endpoint,
  HostIdentity,
  Network,
  Pool,
  PublishedPort,
  Run,
} from '../src/model.ts';
import {
  addresses,
  sampleContainer,
  sampleEndpoint,
  sampleNetwork,
  sampleRun,
} from './support/samples.ts';

const test = suite('firewall intents');

/** The host, in the boot of `sampleRun`. */
const HERE: HostIdentity = {
  platform: 'memory',
  hostId: 'host',
  bootId: 'boot',
  commandPrefix: [],
};

interface Recorded {
  readonly networks?: readonly Network[];
  readonly containers?: readonly Container[];
  readonly endpoints?: readonly Endpoint[];
  readonly runs?: readonly Run[];
}

async function intentsOf(recorded: Recorded): Promise<FirewallIntents> {
  const store = new MemoryStore();
  await store.write((tx) => {
    for (const network of recorded.networks ?? []) tx.networks.insert(network);
    for (const container of recorded.containers ?? []) tx.containers.insert(container);
    for (const endpoint of recorded.endpoints ?? []) tx.endpoints.insert(endpoint);
    for (const run of recorded.runs ?? []) tx.runs.put(run);
  });
  return store.read((snapshot) => firewallIntents(snapshot, HERE));
}

function pool(subnet: string, gateway?: string, gatewayOnHost = true): Pool {
  const given = gateway === undefined ? {} : { gateway: gateway as IpAddress };
  return { subnet: subnet as Cidr, ...given, gatewayOnHost, exclude: [] };
}

function port(number: number): PublishedPort {
  return { protocol: 'tcp', hostPorts: [number, number], containerPort: 80 };
}

const V6 = { ipv6: 'fd02::2' as IpAddress };
const [NET, NEXT, INTERNAL] = [sampleNetwork(), sampleNetwork(), sampleNetwork({ internal: true })];
const NETWORKS = [NET, NEXT, INTERNAL];
const WEB = sampleContainer({ publishedPorts: [port(8080)] });

/** What the running `WEB` publishes with these endpoints. */
async function published(
  endpoints: readonly Endpoint[],
  { web = WEB, networks = NETWORKS }: { web?: Container; networks?: readonly Network[] } = {},
): Promise<readonly PublishIntent[]> {
  const runs = [sampleRun(web)];
  return (await intentsOf({ networks, containers: [web], endpoints, runs })).published;
}

/** Where each of them is, by family. */
function where(found: readonly PublishIntent[]): readonly PerFamily<IpAddress>[] {
  return found.map((one) => one.addresses);
}

test('a network has what the rules need of it', async () => {
  const plain = sampleNetwork({
    name: 'plain',
    type: 'bridge',
    interface: 'kln1',
    pools: { ipv4: pool('10.1.0.0/24', '10.1.0.1'), ipv6: pool('fd01::/64', 'fd01::9', false) },
  });
  const chosen = sampleNetwork({
    pools: { ipv6: pool('fd02::/64') },
    natInterface: 'wan0',
    icc: false,
  });
  const { networks } = await intentsOf({ networks: [plain, chosen] });
  assert.deepEqual(networks, [
    {
      id: plain.id,
      name: 'plain',
      type: 'bridge',
      interface: 'kln1',
      subnets: { ipv4: '10.1.0.0/24', ipv6: 'fd01::/64' },
      hostAddresses: { ipv4: '10.1.0.1' },
      nat: true,
      icc: true,
      internal: false,
    },
    {
      id: chosen.id,
      name: chosen.name,
      type: 'loopback',
      interface: 'klee0',
      subnets: { ipv6: 'fd02::/64' },
      hostAddresses: {},
      nat: true,
      natInterface: 'wan0',
      icc: false,
      internal: false,
    },
  ]);
});

test('a network that is being removed has no rules; an internal one has no NAT', async () => {
  const { networks } = await intentsOf({
    networks: [
      sampleNetwork({ name: 'a', state: 'removing' }),
      sampleNetwork({ name: 'b', state: 'creating' }),
      sampleNetwork({ name: 'c', nat: false }),
      sampleNetwork({ name: 'd', internal: true }),
    ],
  });
  const found = networks.map(({ name, nat, internal }) => [name, nat, internal]);
  assert.deepEqual(found, [
    ['b', true, false],
    ['c', false, false],
    ['d', false, true],
  ]);
});

test('networks and ports are in the order of the ids, and not of their creation', async () => {
  const ids = ['c', 'a', 'b'].map((digit) => digit.repeat(12));
  const networks = ids.map((id) => sampleNetwork({ id }));
  const [open] = networks;
  assert.ok(open !== undefined);
  const containers = ids.map((id) => sampleContainer({ id, publishedPorts: [port(80), port(79)] }));
  const found = await intentsOf({
    networks,
    containers,
    endpoints: containers.map((one, index) =>
      sampleEndpoint(open, one, { addresses: addresses(`10.1.0.${index}`) }),
    ),
    runs: containers.map((one) => sampleRun(one)),
  });
  assert.deepEqual(
    found.networks.map(({ id }) => id),
    ids.toSorted(),
  );
  assert.deepEqual(
    found.published.map(({ containerId, port: { hostPorts } }) => `${containerId} ${hostPorts[0]}`),
    ids.toSorted().flatMap((id) => [`${id} 80`, `${id} 79`]),
  );
});

test('ports are open from before the command starts until the container is being stopped', async () => {
  const states: readonly (Partial<Run> | undefined)[] = [
    { state: 'starting' },
    { state: 'running' },
    { state: 'stopping' },
    { state: 'ended' },
    { state: 'starting', bootId: 'another' },
    { state: 'running', bootId: 'another' },
    undefined,
  ];
  const containers = states.map(() => sampleContainer({ publishedPorts: [port(80)] }));
  const open = await intentsOf({
    networks: [NET],
    containers,
    endpoints: containers.map((one, index) =>
      sampleEndpoint(NET, one, { addresses: addresses(`10.1.0.${index}`) }),
    ),
    runs: containers.flatMap((one, index) => {
      const parts = states[index];
      return parts === undefined ? [] : [sampleRun(one, parts)];
    }),
  });
  assert.deepEqual(
    open.published.map(({ containerId }) => containerId),
    containers.slice(0, 2).map(({ id }) => id),
  );
});

test('a port is published once in each family, where the container comes first in that family', async () => {
  const both = sampleEndpoint(NET, WEB, { addresses: addresses('10.1.0.2', 'fd01::2') });
  const v6 = sampleEndpoint(NEXT, WEB, { addresses: V6, gatewayPriority: 1 });
  const found = await published([both, v6]);
  const base = { containerId: WEB.id, stack: 'restricted', port: WEB.publishedPorts[0] };
  assert.deepEqual(found, [
    {
      ...base,
      networkId: NET.id,
      addresses: { ipv4: '10.1.0.2' },
      sources: ['10.1.0.2'],
      beside: [],
    },
    {
      ...base,
      networkId: NEXT.id,
      addresses: { ipv6: 'fd02::2' },
      sources: ['fd01::2', 'fd02::2'],
      beside: [NET.id],
    },
  ]);
});

test('a container without an address that others may reach publishes nothing', async () => {
  const held = { addresses: addresses('10.9.0.2') };
  assert.deepEqual(await published([]), []);
  assert.deepEqual(await published([sampleEndpoint(INTERNAL, WEB, held)]), []);
  assert.deepEqual(
    await published([sampleEndpoint(NET, WEB, { ...held, state: 'disconnecting' })]),
    [],
  );
  const removing = sampleNetwork({ state: 'removing' });
  const networks = [NET, removing];
  assert.deepEqual(await published([sampleEndpoint(removing, WEB, held)], { networks }), []);
});

test('an internal network is a source, too, and one that the container is leaving is not', async () => {
  const endpoints = [
    sampleEndpoint(INTERNAL, WEB, { addresses: addresses('10.9.0.2') }),
    sampleEndpoint(NEXT, WEB, { addresses: addresses('10.2.0.2'), state: 'disconnecting' }),
    sampleEndpoint(NET, WEB, { addresses: addresses('10.1.0.2'), state: 'connecting' }),
  ];
  const [found] = await published(endpoints);
  assert.equal(found?.networkId, NET.id);
  assert.deepEqual(found.sources, ['10.9.0.2', '10.1.0.2']);
  assert.deepEqual(found.beside, [INTERNAL.id]);
});

test('a stack of its own answers along its default route, or else where it comes first', async () => {
  const web = sampleContainer({ stack: 'own', publishedPorts: [port(8080)] });
  const pathless = sampleNetwork({ pools: { ipv4: pool('10.1.0.0/24') } });
  const leading = sampleNetwork({ pools: { ipv4: pool('10.2.0.0/24', '10.2.0.1') } });
  const networks = [pathless, leading, NEXT];
  const first = sampleEndpoint(pathless, web, {
    addresses: addresses('10.1.0.2'),
    gatewayPriority: 5,
  });
  const second = sampleEndpoint(leading, web, { addresses: addresses('10.2.0.2') });
  const third = sampleEndpoint(NEXT, web, { addresses: addresses('10.3.0.2') });
  const given = { web, networks };
  assert.deepEqual(where(await published([first, second], given)), [{ ipv4: '10.2.0.2' }]);
  assert.deepEqual(where(await published([third, first], given)), [{ ipv4: '10.1.0.2' }]);
  const shared = { web: { ...web, stack: 'restricted' } as const, networks };
  assert.deepEqual(where(await published([second, first], shared)), [{ ipv4: '10.1.0.2' }]);
});

test.run();
