/** Comparing state with the host. Changes nothing; objects that a living command works on are skipped. */
import type { PlaneStatus } from '../../driver.ts';
import { hasCode, isKleenetError } from '../../errors.ts';
import type { KleenetError } from '../../errors.ts';
import { firewallIntents } from '../../firewall/intents.ts';
import type { FirewallIntents } from '../../firewall/intents.ts';
import type { Container, Network, Owner, Run } from '../../model.ts';
import type { FirewallPlatform } from '../../platform.ts';
import type { Snapshot } from '../../store.ts';
import { attachTargets } from '../host/attach-target.ts';
import type { Engine } from '../context.ts';
import { severally } from '../../kit/severally.ts';
import { dataPlane } from '../host/drivers.ts';
import { firewallGaps } from '../lifecycle/firewall-gaps.ts';
import { withLocks } from '../records/locking.ts';
import type { LockSet } from '../records/locking.ts';
import { reach } from '../host/lost-driver.ts';
import { problemsByDriver } from '../host/network-driver.ts';
import { attachedAddresses, isHalfUp, isInUse } from '../lifecycle/network-up.ts';
import { isAlive } from '../lifecycle/recovery.ts';
import type { Finding } from '../requests/requests.ts';
import { interruptedAmong, isAnyInProgress } from './interrupted.ts';
import { currentRun } from '../records/resolve.ts';

/** Every difference between state and host; none when they agree. */
export async function checkSystem(engine: Engine): Promise<readonly Finding[]> {
  const { networks, containers, unsettled } = await engine.store.read((snapshot) => ({
    networks: snapshot.networks.list(),
    containers: snapshot.containers.list(),
    unsettled: snapshot.unsettled(),
  }));
  return [
    ...(await databaseFindings(engine)),
    ...(await interruptedAmong(engine, unsettled)),
    ...(await collect(networks, (network) => checkNetwork(engine, network))),
    ...(await collect(containers, (container) => checkContainer(engine, container))),
    ...(await checkFirewallOf(engine)),
    ...(await orphanedClaims(engine)),
  ];
}

async function collect<T>(
  items: readonly T[],
  check: (item: T) => Promise<readonly Finding[]>,
): Promise<Finding[]> {
  return (await severally(items, check, AT_ONCE)).flat();
}

/** How many objects are compared at the same time: what is asked of all of them, few programs answer. */
const AT_ONCE = 64;

async function databaseFindings(engine: Engine): Promise<Finding[]> {
  return (await engine.store.verify()).map((message) => ({
    kind: 'database',
    id: '',
    name: '',
    message,
  }));
}

/**
 * Compares an object with the host: without its lock first, because most objects agree, and taking a lock costs more than
 * comparing. A difference may be an operation that another process is in the middle of, so it counts only if it is there
 * under the lock; objects that are locked are skipped.
 */
async function undisturbed(
  engine: Engine,
  set: LockSet,
  subject: Omit<Finding, 'message'>,
  check: () => Promise<Finding[]>,
): Promise<Finding[]> {
  if (await agrees(check)) return [];
  try {
    return await withLocks(engine, { ...set, patience: 0 }, check);
  } catch (error) {
    if (hasCode(error, 'OBJECT_BUSY')) return [];
    // A claim of another host or version affects its own object only.
    if (isOfClaim(error)) return [{ ...subject, message: `cannot be inspected: ${error.message}` }];
    throw error;
  }
}

async function agrees(check: () => Promise<Finding[]>): Promise<boolean> {
  try {
    return (await check()).length === 0;
  } catch (error) {
    if (!isKleenetError(error)) throw error;
    return false;
  }
}

/** Compares again if something differs: what was read for an object may be older than an operation on another. */
async function compared(engine: Engine, check: () => Promise<Finding[]>): Promise<Finding[]> {
  const found = await check();
  if (found.length === 0 || engine.forgetReadings === undefined) return found;
  engine.forgetReadings();
  return check();
}

function checkNetwork(engine: Engine, network: Network): Promise<Finding[]> {
  if (network.state !== 'ready') return Promise.resolve(parked('network', network));
  const subject = { kind: 'network', id: network.id, name: network.name };
  return undisturbed(engine, { networks: [network.id] }, subject, async () => {
    const identity = await engine.platform.identity();
    const { inUse, isHalf, addresses } = await engine.store.read((snapshot) => ({
      inUse: isInUse(snapshot, network, identity),
      isHalf: isHalfUp(snapshot, network, identity),
      addresses: attachedAddresses(snapshot, network, identity),
    }));
    // After a boot or `system down` a network is down on purpose: its first container brings it up.
    if (!inUse) return parked('network', network);
    const { networks } = engine.platform;
    const problems = [
      ...(await networks.observe(network)),
      ...((await networks.hidden?.(network, addresses)) ?? []),
      ...(isHalf ? [`driver ${network.driver} has not brought it up completely`] : []),
      ...(await problemsByDriver(engine, network)),
    ];
    return [...parked('network', network), ...findings('network', network, problems)];
  });
}

/** Errors about a claim carry both hosts; errors about a whole state directory do not. */
function isOfClaim(error: unknown): error is KleenetError {
  return (
    hasCode(error, 'STATE_NEWER') ||
    (hasCode(error, 'STATE_FOREIGN') && error.details['current'] !== undefined)
  );
}

function parked(kind: string, object: Network | Container): Finding[] {
  return object.parked === undefined
    ? []
    : findings(kind, object, [`could not be cleaned up: ${object.parked}`]);
}

function findings(
  kind: string,
  { id, name }: { id: string; name: string },
  messages: readonly string[],
): Finding[] {
  return messages.map((message) => ({ kind, id, name, message }));
}

function checkContainer(engine: Engine, container: Container): Promise<Finding[]> {
  if (container.state !== 'ready') return Promise.resolve(parked('container', container));
  const subject = { kind: 'container', id: container.id, name: container.name };
  return undisturbed(engine, { containers: [container.id] }, subject, async () => {
    const run = await engine.store.read((snapshot) => currentRun(snapshot, container.id));
    if (run?.state !== 'running') return parked('container', container);
    if (await isAlive(engine, container, run)) return checkRunning(engine, container, run);
    const problems = await unreaped(engine, container, run);
    return [...parked('container', container), ...findings('container', container, problems)];
  });
}

/**
 * Problems of a run whose command has ended. The end alone is not a fault: the supervisor reaps the run, or the next
 * command on the container does. After a reboot nothing remains. But a supervisor that did not even record the exit
 * status was killed, and no process will reap the run.
 */
async function unreaped(
  engine: Engine,
  container: Container,
  run: Run,
): Promise<readonly string[]> {
  const identity = await engine.platform.identity();
  if (run.bootId !== identity.bootId) return [];
  const recorded = await engine.platform.sandboxes.exitStatus({ container, run });
  return recorded === undefined
    ? ['its command ended, but resources of the run are still on the host']
    : [];
}

async function checkRunning(engine: Engine, container: Container, run: Run): Promise<Finding[]> {
  const identity = await engine.platform.identity();
  const targets = await engine.store.read((snapshot) =>
    attachTargets(snapshot, container, run, identity),
  );
  const sandbox = await engine.platform.sandboxes.observe({ container, run });
  if (targets.length === 0) return findings('container', container, sandbox);
  const plane = await reach(() => dataPlane(engine, container.driver));
  if ('lost' in plane) {
    const problem = `its driver cannot be used: ${plane.lost.message}`;
    return findings('container', container, [...sandbox, problem]);
  }
  const observations = await plane.driver.observe(targets);
  return [
    ...findings('container', container, sandbox),
    ...observations.flatMap(({ endpointId, problems }) =>
      findings('endpoint', { id: endpointId, name: container.name }, problems),
    ),
  ];
}

/** Skips what cannot be determined: a network with a foreign claim has already been reported. */
async function checkFirewallOf(engine: Engine): Promise<Finding[]> {
  try {
    return await compared(engine, () => checkFirewall(engine));
  } catch (error) {
    if (isOfClaim(error)) return [];
    throw error;
  }
}

async function checkFirewall(engine: Engine): Promise<Finding[]> {
  const { firewall } = engine.platform;
  const [status, identity] = await Promise.all([firewall.status(), engine.platform.identity()]);
  const { gaps, intents, needed, unsettled } = await engine.store.read((snapshot) => ({
    unsettled: snapshot.unsettled(),
    gaps: firewallGaps(snapshot, identity, status),
    intents: firewallIntents(snapshot, identity),
    needed: snapshot.networks.list().some((network) => isInUse(snapshot, network, identity)),
  }));
  const observed = needed ? await compareFirewall(firewall, status, intents) : [];
  // A klee that is creating, changing or removing an object records that, and then loads its rules.
  const isExpected = observed.length > 0 && (await isAnyInProgress(engine, unsettled));
  return [
    ...gaps.flatMap(({ object, message }) => findings('firewall', object, [message])),
    ...findings('firewall', { id: '', name: '' }, isExpected ? [] : observed),
  ];
}

/** One that does not work holds no rules, unless some were loaded before. */
async function compareFirewall(
  firewall: FirewallPlatform,
  { state, reasons }: PlaneStatus,
  intents: FirewallIntents,
): Promise<readonly string[]> {
  if (state !== 'unavailable') return firewall.observe(firewall.render(intents));
  if (!((await firewall.hasLoaded?.()) ?? false)) return [];
  return [`the firewall cannot be compared with the records: ${reasons.join('; ')}`];
}

async function orphanedClaims(engine: Engine): Promise<Finding[]> {
  return engine.store.read((snapshot) =>
    snapshot.claims
      .list()
      .filter(({ owner }) => !ownerExists(snapshot, owner))
      .map(({ id, resource }) => ({
        kind: 'claim',
        id,
        name: resource.name,
        message: `${resource.kind} ${resource.name} may be a leftover of a removed object: remove it by hand, then 'klee system repair' drops the record`,
      })),
  );
}

function ownerExists(snapshot: Snapshot, { kind, id }: Owner): boolean {
  const tables = {
    network: snapshot.networks,
    container: snapshot.containers,
    endpoint: snapshot.endpoints,
    image: snapshot.images,
  };
  return tables[kind].get(id) !== undefined;
}
