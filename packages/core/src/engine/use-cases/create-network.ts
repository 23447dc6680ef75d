import { overlaps } from '../../address/index.ts';
import { FAMILIES } from '../../address/types.ts';
import type { Cidr } from '../../address/types.ts';
import { KleenetError } from '../../errors.ts';
import type { CheckedDriver } from '../../guard/index.ts';
import { begun } from '../../kit/begun.ts';
import { inFamilyOrder } from '../../kit/index.ts';
import type { Network } from '../../model.ts';
import { newId } from '../../names.ts';
import type { HostNetwork, HostRoute } from '../../platform.ts';
import type { Snapshot } from '../../store.ts';
import { mendingOthers } from '../lifecycle/attach-again.ts';
import type { Engine } from '../context.ts';
import { dataPlane, driverHere, requirePlatform } from '../host/drivers.ts';
import {
  firewallWorks,
  networkNeedsFirewall,
  requireFirewall,
  syncFirewall,
  warnWithoutFirewall,
} from '../host/firewall.ts';
import { endNetworkFlows } from '../host/flows.ts';
import { isDefaultInParts } from '../host/host-routes.ts';
import { planByDriver, upByDriver } from '../host/network-driver.ts';
import { requireNetworkFits } from '../host/host-checks.ts';
import { requireFreeGateways } from '../host/overlapping.ts';
import { withNewObject } from '../records/locking.ts';
import { networkSpec } from '../requests/network-spec.ts';
import type { NetworkSpec } from '../requests/network-spec.ts';
import { requireFreeName } from '../lifecycle/objects.ts';
import { recoverNetwork } from '../lifecycle/recovery.ts';
import { Problems } from '../requests/problems.ts';
import type { CreateNetworkRequest } from '../requests/requests.ts';
import { rollback } from '../records/rollback.ts';
import { sweep } from '../lifecycle/sweep.ts';
import { insertClaims, networkOwner, operationFor } from '../records/claims.ts';

/**
 * Creates a network and brings up its host interface.
 * @throws KleenetError for what is wrong with the request, DRIVER_NOT_FOUND, PLATFORM_UNSUPPORTED, NAME_TAKEN, SUBNET_OVERLAP, INTERFACE_IN_USE,
 * INTERFACE_NOT_FOUND, FIREWALL_UNAVAILABLE, PERMISSION_DENIED, PLATFORM_COMMAND_FAILED
 */
export function createNetwork(engine: Engine, request: CreateNetworkRequest): Promise<Network> {
  return mendingOthers(engine, () => createLocked(engine, request));
}

async function createLocked(engine: Engine, request: CreateNetworkRequest): Promise<Network> {
  const driver =
    request.driver === undefined ? undefined : await driverHere(engine, request.driver);
  if (driver !== undefined) requirePlatform(engine, driver);
  const spec = networkSpec(request, driver);
  await engine.platform.requirePrivilege();
  await sweep(engine);
  await requireFreeName(engine, 'network', spec.name);
  const works = begun(firewallWorks(engine));
  const hostNetwork = await engine.platform.network(nearbySubnets(spec));
  checkInterfaces(spec, hostNetwork);
  const allowOverlap = request.allowOverlap ?? false;
  if (!allowOverlap) {
    // Networks first: a route may exist because of a network, and the user knows the network.
    await engine.store.read((snapshot) => checkOverlaps(spec, snapshot));
    await checkHostRoutes(spec, hostNetwork);
  }
  if (networkNeedsFirewall(spec))
    await requireFirewall(engine, spec.internal ? 'an internal network' : '--no-icc', 'whole');

  // Undoing would need it, too.
  await works;

  const network = newNetwork(engine, spec);
  if (driver !== undefined) await requireOwner(engine, driver, network);
  await engine.platform.networks.requireFamilies?.(network);
  const planned = await planByDriver(engine, network);
  return withNewObject(engine, { kind: 'network', id: network.id }, {}, async () => {
    const identity = await engine.platform.identity();
    await engine.store.write((tx) => {
      checkNetworks(tx, network, allowOverlap);
      tx.networks.insert(network);
      insertClaims(tx, networkOwner(network), engine.platform.networks.plan(network), identity);
      insertClaims(tx, networkOwner(network), planned, identity, network.driver);
    });
    return rollback(
      engine,
      async () => {
        await engine.platform.networks.up(network, operationFor(engine, networkOwner(network)));
        await upByDriver(engine, network);
        await syncFirewall(engine);
        await endNetworkFlows(engine, [network], hostNetwork);
        const ready: Network = {
          ...network,
          state: 'ready',
          ...(driver === undefined ? {} : { upIn: identity.bootId }),
        };
        await engine.store.write((tx) => {
          tx.networks.update(ready);
        });
        await warnWithoutFirewall(engine, ready);
        return ready;
      },
      () => recoverNetwork(engine, network.id, { orphans: 'none' }),
    );
  });
}

/** Refuses a network that its driver refuses, and one of a driver that cannot work on this host. */
async function requireOwner(
  engine: Engine,
  driver: CheckedDriver,
  network: Network,
): Promise<void> {
  const problems = new Problems();
  problems.addIssues(driver.validateNetwork(network));
  problems.raise();
  const plane = await dataPlane(engine, driver.name);
  await plane.requireReady();
  await requireNetworkFits(engine, driver, network);
}

/** Where no interface is named, only what overlaps the network matters. */
function nearbySubnets(spec: NetworkSpec): readonly Cidr[] | undefined {
  if (spec.interface !== undefined || spec.natInterface !== undefined) return undefined;
  return inFamilyOrder(spec.pools).map(({ subnet }) => subnet);
}

function newNetwork(engine: Engine, spec: NetworkSpec): Network {
  const id = newId();
  return {
    ...spec,
    id,
    interface: spec.interface ?? engine.platform.networks.interfaceName(id, spec.type),
    state: 'creating',
    created: engine.clock.now().toISOString(),
  };
}

function checkInterfaces(spec: NetworkSpec, hostNetwork: HostNetwork): void {
  const there = spec.interface !== undefined && hostNetwork.interfaces.includes(spec.interface);
  if (spec.type === 'custom' && !there) throw interfaceNotFound(spec.interface ?? '', 'interface');
  if (spec.type !== 'custom' && there) {
    throw new KleenetError(
      'INTERFACE_IN_USE',
      `the host already has an interface named ${spec.interface}`,
      {
        hint: 'choose another name with --interface, or use that interface with --type custom',
        details: { interface: spec.interface },
      },
    );
  }
  if (spec.natInterface !== undefined && !hostNetwork.interfaces.includes(spec.natInterface)) {
    throw interfaceNotFound(spec.natInterface, 'nat-if');
  }
}

function interfaceNotFound(name: string, option: string): KleenetError {
  return new KleenetError('INTERFACE_NOT_FOUND', `the host has no interface named ${name}`, {
    hint: `give --${option} the name of an interface that exists`,
    details: { interface: name },
  });
}

/** Conflicts with other networks. Inside the transaction, so that two concurrent creations cannot both pass. */
function checkNetworks(snapshot: Snapshot, network: Network, allowOverlap: boolean): void {
  if (!allowOverlap) checkOverlaps(network, snapshot);
  requireFreeGateways(snapshot, network);
  for (const other of snapshot.networks.list()) {
    if (
      other.interface === network.interface &&
      (network.type !== 'custom' || other.type !== 'custom')
    ) {
      throw new KleenetError(
        'INTERFACE_IN_USE',
        `network '${other.name}' already uses the interface ${other.interface}`,
        {
          hint: 'choose another name with --interface',
          details: { interface: network.interface, network: other.name },
        },
      );
    }
  }
}

function checkOverlaps(network: Pick<Network, 'pools'>, snapshot: Snapshot): void {
  for (const other of snapshot.networks.list()) checkOverlap(network, other);
}

function checkOverlap(network: Pick<Network, 'pools'>, other: Network): void {
  for (const family of FAMILIES) {
    const ours = network.pools[family]?.subnet;
    const theirs = other.pools[family]?.subnet;
    if (ours !== undefined && theirs !== undefined && overlaps(ours, theirs)) {
      throw overlap(ours, `network '${other.name}' (${theirs})`, {
        network: other.name,
        with: theirs,
      });
    }
  }
}

/** On a custom network the interface's own routes are not an overlap: the network depends on them. */
async function checkHostRoutes(spec: NetworkSpec, hostNetwork: HostNetwork): Promise<void> {
  const isOwn = (route: HostRoute): boolean =>
    spec.type === 'custom' && route.interface === spec.interface;
  const routes = (await hostNetwork.routes()).filter(
    (route) => !isOwn(route) && !isDefaultInParts(route),
  );
  for (const family of FAMILIES) {
    const subnet = spec.pools[family]?.subnet;
    if (subnet === undefined) continue;
    const route = routes.find(({ destination }) => overlaps(subnet, destination));
    if (route !== undefined)
      throw overlap(subnet, describeRoute(route), { with: route.destination });
    const first = await hostNetwork.policyRoute?.(subnet);
    if (first !== undefined && !isOwn(first)) throw hiddenBy(subnet, first);
  }
}

function describeRoute({ destination, interface: name, table }: HostRoute): string {
  const way = name === '' ? ', which leads nowhere' : ` on ${name}`;
  return `the host's route to ${destination}${way}${table === undefined ? '' : ` in table ${table}`}`;
}

function hiddenBy(subnet: Cidr, route: HostRoute): KleenetError {
  return new KleenetError(
    'SUBNET_OVERLAP',
    `the subnet ${subnet} would be hidden by ${describeRoute(route)}: a routing rule of the host consults it first`,
    {
      hint: `choose another subnet, add an earlier rule that looks up ${subnet} in table main, or insist with --allow-overlap`,
      details: { subnet, with: route.destination },
    },
  );
}

function overlap(
  subnet: Cidr,
  what: string,
  details: Readonly<Record<string, string>>,
): KleenetError {
  return new KleenetError('SUBNET_OVERLAP', `the subnet ${subnet} overlaps ${what}`, {
    hint: 'choose another subnet, or insist with --allow-overlap',
    details: { subnet, ...details },
  });
}
