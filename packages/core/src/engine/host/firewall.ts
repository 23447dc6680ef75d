import type { PlaneStatus } from '../../driver.ts';
import { KleenetError, hasCode } from '../../errors.ts';
import { firewallIntents } from '../../firewall/intents.ts';
import type { FirewallIntents } from '../../firewall/intents.ts';
import type { Container, Network } from '../../model.ts';
import type { Snapshot } from '../../store.ts';
import type { Engine } from '../context.ts';
import { begun } from '../../kit/begun.ts';
import { endPortFlows } from './flows.ts';
import { ownerless } from '../records/claims.ts';
import { acquireLock } from '../records/locking.ts';

/**
 * Multiplies the patience for the firewall's lock: all operations of the host share it, each holds it for a few
 * commands only, and the system releases it when its holder dies.
 */
const FIREWALL_PATIENCE = 10;

/**
 * Loads the rules for the present state. Does nothing without a working firewall: {@link requireFirewall} has refused
 * everything that depends on one.
 */
export function syncFirewall(engine: Engine): Promise<void> {
  return withFirewall(engine, () => load(engine));
}

interface Without {
  /** Networks that are about to be deleted, by id. */
  readonly without?: readonly string[];
}

/**
 * Loads the rules after or before a removal. A firewall of another state directory holds none of our rules, so it must
 * not block the removal.
 */
export async function withdrawRules(engine: Engine, options: Without = {}): Promise<void> {
  try {
    await withFirewall(engine, () => load(engine, options));
  } catch (error) {
    if (!hasCode(error, 'STATE_FOREIGN')) throw error;
    engine.logger.debug(error.message);
  }
}

/**
 * Whether the rules for the present state are loaded. The answer comes with {@link assureFirewall}, so that other things
 * can be read meanwhile.
 */
export function lookAtRules(engine: Engine): Promise<boolean> {
  return begun(areRight(engine));
}

function areRight(engine: Engine): Promise<boolean> {
  const { firewall } = engine.platform;
  return firewall.isLoaded(intentsOf(engine).then((intents) => firewall.render(intents)));
}

/**
 * Loads the rules for the present state if they are not loaded: other software may have flushed them, or a klee that
 * brought a network up may have died first. Called before each attachment. A difference may be a change that another
 * klee is about to load, so the check is repeated under the lock.
 * @throws KleenetError PLATFORM_COMMAND_FAILED when they cannot be loaded
 */
export async function assureFirewall(
  engine: Engine,
  looked: Promise<boolean> = areRight(engine),
): Promise<void> {
  if (await looked) return;
  await withFirewall(engine, async () => {
    if (await areRight(engine)) return;
    engine.logger.debug('the firewall rules are out of date: loading them');
    await load(engine);
  });
}

/** What the rules of the present state are to express. */
async function intentsOf({ platform, store }: Engine): Promise<FirewallIntents> {
  const identity = await platform.identity();
  return store.read((snapshot) => firewallIntents(snapshot, identity));
}

/**
 * Runs `work` with the firewall's lock held; not at all without a working firewall. Where loading tells whether it works, one
 * that has loaded rules of ours in this boot is asked only if the work fails.
 */
async function withFirewall(engine: Engine, work: () => Promise<void>): Promise<void> {
  const { firewall } = engine.platform;
  const asksLater = firewall.loadingTells === true && (await firewall.hasLoaded?.()) === true;
  if (!asksLater && !(await firewallWorks(engine))) return;
  const lock = await acquireLock(engine, 'firewall', engine.patience * FIREWALL_PATIENCE);
  try {
    await work();
  } catch (error) {
    if (asksLater) await firewallWorks(engine);
    throw error;
  } finally {
    lock.release();
  }
}

/**
 * Whether rules can be loaded on this host at all. Where ours are loaded already they can: then a refusal is a failure,
 * and passing it over would leave rules for what is gone, and none for what is new.
 * @throws KleenetError FIREWALL_UNAVAILABLE
 */
export async function firewallWorks({ platform: { firewall } }: Engine): Promise<boolean> {
  const { state, reasons } = await firewall.status();
  if (state !== 'unavailable') return true;
  if ((await firewall.hasLoaded?.()) !== true) return false;
  throw new KleenetError(
    'FIREWALL_UNAVAILABLE',
    `the firewall, which has rules of klee, cannot be asked or changed now: ${reasons.join('; ')}`,
    { hint: "try again; 'klee system info' shows what is missing", details: { reasons } },
  );
}

/**
 * The only function that loads rules. If there were none before, other software has removed them: the entries of other
 * containers are lost, and flows that the host itself took at published ports meanwhile are ended.
 */
async function load(engine: Engine, options: Without = {}): Promise<void> {
  const { firewall } = engine.platform;
  const wanted = without(await intentsOf(engine), options.without);
  const wereThere = await firewall.apply(firewall.render(wanted), ownerless());
  if (wereThere || wanted.networks.length === 0) return;
  const { bootId } = await engine.platform.identity();
  const cutOff = await engine.store.read((snapshot) => connected(snapshot, bootId));
  for (const id of cutOff) engine.cutOff.add(id);
  await endPortFlows(engine, wanted.published);
}

/** The containers that are attached to a network in this boot, or about to be, by id. */
function connected(snapshot: Snapshot, bootId: string): readonly string[] {
  return snapshot.containers
    .list()
    .map(({ id }) => id)
    .filter((id) => {
      const run = snapshot.runs.byContainer(id);
      return run?.bootId === bootId && run.state !== 'ended';
    })
    .filter((id) => snapshot.endpoints.byContainer(id).length > 0);
}

/** Opens the ports of a container that is being attached, and ends flows that the host took at them before. */
export async function openPorts(engine: Engine, { id, publishedPorts }: Container): Promise<void> {
  if (publishedPorts.length === 0) return;
  await syncFirewall(engine);
  const { published } = await intentsOf(engine);
  await endPortFlows(
    engine,
    published.filter(({ containerId }) => containerId === id),
  );
}

/** Loads the rules after ports or an endpoint of a container were closed. */
export async function withdrawPorts(engine: Engine, { publishedPorts }: Container): Promise<void> {
  if (publishedPorts.length > 0) await withdrawRules(engine);
}

/** The networks have no endpoints, so no port of their containers is published there. */
function without(intents: FirewallIntents, networkIds: readonly string[] = []): FirewallIntents {
  const gone = new Set(networkIds);
  return { ...intents, networks: intents.networks.filter(({ id }) => !gone.has(id)) };
}

/**
 * Refuses operations that would be unsafe without a firewall: `any` requires loadable rules, `whole` requires a
 * firewall that sees all traffic of containers.
 * @throws KleenetError FIREWALL_UNAVAILABLE
 */
export async function requireFirewall(
  engine: Engine,
  what: string,
  need: 'any' | 'whole' = 'any',
): Promise<void> {
  const { state, reasons } = await engine.platform.firewall.status();
  if (state === 'ready' || (state === 'degraded' && need === 'any')) return;
  throw new KleenetError(
    'FIREWALL_UNAVAILABLE',
    `${what} needs a firewall, which ${ailment(state)} here: ${reasons.join('; ')}`,
    {
      hint: "'klee system info' shows what is missing",
      details: { reasons },
    },
  );
}

/** Refuses to attach to networks whose properties depend on a firewall. */
export async function requireFirewallOf(
  engine: Engine,
  networks: readonly Network[],
): Promise<void> {
  const needing = networks.find(networkNeedsFirewall);
  if (needing === undefined) return;
  const what = needing.internal ? 'is internal' : 'has no icc';
  await requireFirewall(engine, `network '${needing.name}' ${what} and`, 'whole');
}

/** Whether the properties of a network depend on the firewall. */
export function networkNeedsFirewall(network: Pick<Network, 'icc' | 'internal'>): boolean {
  return !network.icc || network.internal;
}

/** Warns about the properties that a new network lacks without a complete firewall. */
export async function warnWithoutFirewall(engine: Engine, { name }: Network): Promise<void> {
  const { state, reasons } = await engine.platform.firewall.status();
  if (state === 'ready') return;
  const works =
    state === 'unavailable' ? 'works without isolation and NAT' : 'is not isolated in every way';
  engine.logger.warn(
    `network '${name}' ${works}, as the firewall ${ailment(state)} here: ${reasons.join('; ')}`,
  );
}

/** The fault of a firewall that is not ready, as a predicate. */
export function ailment(state: PlaneStatus['state']): string {
  return state === 'degraded' ? 'does not see all packets' : 'does not work';
}
