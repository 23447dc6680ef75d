import type { PlaneStatus } from '../driver.ts';
import { KleenetError } from '../errors.ts';
import { firewallIntents } from '../firewall/intents.ts';
import type { FirewallIntents } from '../firewall/intents.ts';
import type { Container, Network } from '../model.ts';
import { cleanupHost } from './claims.ts';
import type { Engine } from './context.ts';
import { FIREWALL, endPortFlows } from './flows.ts';

/**
 * How many times as long as for other locks one waits for the firewall's: all operations of the host share it, each holds
 * it for a few commands, and it goes with a holder that dies.
 */
const FIREWALL_PATIENCE = 10;

/**
 * Loads the rules for the present state. Without a working firewall it does nothing, since what depends on one was
 * refused by {@link requireFirewall}.
 */
export async function syncFirewall(
  engine: Engine,
  options: { readonly without?: string } = {},
): Promise<void> {
  const status = await engine.platform.firewall.status();
  if (status.state === 'unavailable') return;
  const lock = await engine.locks.acquire({
    key: 'firewall',
    mode: 'exclusive',
    purpose: engine.purpose,
    patience: engine.patience * FIREWALL_PATIENCE,
  });
  try {
    const intents = await engine.store.read(firewallIntents);
    const wanted = without(intents, options.without);
    await engine.platform.firewall.apply(
      engine.platform.firewall.render(wanted),
      cleanupHost(engine, FIREWALL),
    );
  } finally {
    lock.release();
  }
}

/**
 * Looks whether the rules for the present state are loaded, and loads them if not: others may have flushed them, or a
 * klee that brought a network up may have died before. Called before something is attached. Answers whether they were
 * gone: then what other endpoints had in them is gone, too.
 * @throws KleenetError PLATFORM_COMMAND_FAILED when they cannot be loaded
 */
export async function assureFirewall(engine: Engine): Promise<boolean> {
  const { firewall } = engine.platform;
  const { state } = await firewall.status();
  if (state === 'unavailable') return false;
  const intents = await engine.store.read(firewallIntents);
  if (await firewall.isLoaded(firewall.render(intents))) return false;
  engine.logger.debug('the firewall rules are not those for the present state: loading them');
  await reloadFirewall(engine);
  return true;
}

/** Loads rules that were gone. What the host itself took at published ports meanwhile begins anew. */
export async function reloadFirewall(engine: Engine): Promise<void> {
  await syncFirewall(engine);
  const { published } = await engine.store.read(firewallIntents);
  await endPortFlows(
    engine,
    published.map(({ port }) => port),
  );
}

/** Opens the ports of a container that is being attached, and ends what the host took at them before. */
export async function openPorts(engine: Engine, container: Container): Promise<void> {
  await syncPublished(engine, container);
  await endPortFlows(engine, container.publishedPorts);
}

/** Loads the rules after a change to a container, which matters to them only if it publishes ports. */
export async function syncPublished(engine: Engine, container: Container): Promise<void> {
  if (container.publishedPorts.length > 0) await syncFirewall(engine);
}

function without(intents: FirewallIntents, networkId: string | undefined): FirewallIntents {
  return {
    networks: intents.networks.filter(({ id }) => id !== networkId),
    published: intents.published.filter((publish) => publish.networkId !== networkId),
  };
}

/**
 * Refuses what would be unsafe without a firewall: without `any` that loads rules, or without one that sees the `whole`
 * traffic of containers.
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

/** Refuses to attach anything to networks that are only what they say with a firewall. */
export async function requireFirewallOf(
  engine: Engine,
  networks: readonly Network[],
): Promise<void> {
  const needing = networks.find(networkNeedsFirewall);
  if (needing === undefined) return;
  const what = needing.internal ? 'is internal' : 'has no icc';
  await requireFirewall(engine, `network '${needing.name}' ${what} and`, 'whole');
}

/** Whether a network needs the firewall to be what it says. */
export function networkNeedsFirewall(network: Pick<Network, 'icc' | 'internal'>): boolean {
  return !network.icc || network.internal;
}

/** Tells the user what a new network lacks where the firewall is not whole. */
export async function warnWithoutFirewall(engine: Engine, { name }: Network): Promise<void> {
  const { state, reasons } = await engine.platform.firewall.status();
  if (state === 'ready') return;
  const works =
    state === 'unavailable' ? 'works without isolation and NAT' : 'is not isolated in every way';
  engine.logger.warn(
    `network '${name}' ${works}, as the firewall ${ailment(state)} here: ${reasons.join('; ')}`,
  );
}

/** What is wrong with a firewall that is not ready. */
export function ailment(state: PlaneStatus['state']): string {
  return state === 'degraded' ? 'does not see all packets' : 'does not work';
}
