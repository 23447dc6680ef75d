import type { NetworkDriver } from '../../driver.ts';
import { KleenetError } from '../../errors.ts';
import type { Container, Endpoint, Network, Run } from '../../model.ts';
import { mendingOthers } from '../lifecycle/attach-again.ts';
import { attachTarget, attachTargets } from '../host/attach-target.ts';
import { attach } from '../host/attachment.ts';
import type { Engine } from '../context.ts';
import { dataPlane, driverHere, requirePlatform } from '../host/drivers.ts';
import { endpointRequest, requireNetworkType } from '../requests/endpoint-spec.ts';
import { assureFirewall, lookAtRules, openPorts, requireFirewallOf } from '../host/firewall.ts';
import { requireEndpointFits } from '../host/host-checks.ts';
import { requireHostPorts } from '../host/host-ports.ts';
import { refreshHosts } from '../lifecycle/hosts-files.ts';
import { latest } from '../host/endpoints.ts';
import { leaseEndpoint, takenOnHost } from '../host/lease-endpoint.ts';
import type { EndpointPlan } from '../host/lease-endpoint.ts';
import { bringUp } from '../lifecycle/network-up.ts';
import { settledNetwork, withContainer } from '../lifecycle/objects.ts';
import { makeRoom } from '../records/order.ts';
import type { ConnectRequest } from '../requests/requests.ts';
import { currentRun, resolveContainer, vanished } from '../records/resolve.ts';
import { rollback } from '../records/rollback.ts';
import { endpointOwner, insertClaims } from '../records/claims.ts';
import { eraseEndpoint } from '../lifecycle/removal.ts';

/**
 * Connects a container to a network: leases an address of each family, and attaches the container if it runs.
 * @throws KleenetError NETWORK_NOT_FOUND, CONTAINER_NOT_FOUND, NETWORK_TYPE_UNSUPPORTED, PLATFORM_UNSUPPORTED,
 * CONTAINER_RUNNING, ALREADY_CONNECTED, POOL_EXHAUSTED, ADDRESS_IN_USE, ADDRESS_OUT_OF_RANGE, ADDRESS_RESERVED,
 * ADDRESS_FAMILY_MISSING, FIREWALL_UNAVAILABLE
 */
export async function connect(engine: Engine, request: ConnectRequest): Promise<Endpoint> {
  const endpoint = await mendingOthers(engine, () => connectLocked(engine, request));
  await refreshHosts(engine, { networks: [endpoint.networkId] });
  return endpoint;
}

async function connectLocked(engine: Engine, request: ConnectRequest): Promise<Endpoint> {
  const network = await settledNetwork(engine, request.network);
  const named = await engine.store.read((snapshot) =>
    resolveContainer(snapshot, request.container),
  );
  const driver = await driverHere(engine, named.driver);
  requireNetworkType(driver, network, named.name);
  requirePlatform(engine, driver);
  const wanted = endpointRequest(driver, network, request);
  await engine.platform.requirePrivilege();
  await requireEndpointFits(engine, driver, network, wanted);
  return withContainer(
    engine,
    named.id,
    async (container) => {
      engine.registry.requireSame(container, driver.name);
      const run = await engine.store.read((snapshot) => currentRun(snapshot, container.id));
      const wish = { container, network, driver, request: wanted };
      if (run !== undefined) return connectRunning(engine, wish, run);
      const plan = await planEndpoint(engine, wish);
      return engine.store.write((tx) => leaseEndpoint(tx, requireStillThere(tx, plan)));
    },
    { networks: [network.id] },
  );
}

type Wish = Pick<EndpointPlan, 'container' | 'network' | 'driver' | 'request'>;

async function planEndpoint(engine: Engine, wish: Wish, run?: Run): Promise<EndpointPlan> {
  const { container, network } = wish;
  return {
    ...wish,
    host: takenOnHost(engine.platform, await engine.platform.network(), [network]),
    sharedInterface: sharedInterface(engine, container, network, run),
    state: run === undefined ? 'connected' : 'connecting',
    created: engine.clock.now().toISOString(),
  };
}

async function connectRunning(engine: Engine, wish: Wish, run: Run): Promise<Endpoint> {
  const { container, driver } = wish;
  if (!driver.capabilities.connectWhileRunning) throw runningRefusal(container, driver);
  const rules = lookAtRules(engine);
  const plan = await planEndpoint(engine, wish, run);
  const plane = await dataPlane(engine, driver.name);
  await plane.requireReady();
  await requireFirewallOf(engine, [plan.network]);
  await requireHostPorts(engine, container.publishedPorts, [plan.network]);
  await bringUp(engine, [plan.network]);
  const identity = await engine.platform.identity();
  const { target, renumbered } = await engine.store.write((tx) => {
    const renumbered = makeRoom(tx, container) ? attachTargets(tx, container, run, identity) : [];
    const endpoint = leaseEndpoint(tx, requireStillThere(tx, plan));
    const planned = plane.plan(attachTarget(tx, container, run, endpoint, identity));
    insertClaims(tx, endpointOwner(endpoint), planned, identity);
    return { target: attachTarget(tx, container, run, endpoint, identity), renumbered };
  });
  return rollback(
    engine,
    async () => {
      await assureFirewall(engine, rules);
      for (const earlier of renumbered) await attach(engine, earlier);
      await attach(engine, target);
      await openPorts(engine, container);
      return engine.store.write((tx) => {
        const connected: Endpoint = { ...latest(tx, target.endpoint), state: 'connected' };
        tx.endpoints.update(connected);
        return connected;
      });
    },
    () => eraseEndpoint(engine, container, run, target.endpoint),
  );
}

/** The network as read under its lock; it may have been removed while this process waited. */
function requireStillThere(
  tx: { readonly networks: { get(id: string): Network | undefined } },
  plan: EndpointPlan,
): EndpointPlan {
  const network = tx.networks.get(plan.network.id);
  if (network?.state === 'ready') return { ...plan, network };
  throw vanished('network', plan.network.name);
}

function sharedInterface(
  engine: Engine,
  container: Container,
  network: Network,
  run: Run | undefined,
): string {
  const sandbox = run?.sandbox ?? engine.platform.sandboxes.describe(container, '');
  return sandbox.link?.interface ?? network.interface;
}

function runningRefusal(container: Container, driver: NetworkDriver): KleenetError {
  return new KleenetError(
    'CONTAINER_RUNNING',
    `container '${container.name}' is running, and containers of the driver ${driver.name} can be connected only while stopped`,
    {
      hint: `stop it first: klee stop ${container.name}`,
      details: { container: container.name, driver: driver.name },
    },
  );
}
