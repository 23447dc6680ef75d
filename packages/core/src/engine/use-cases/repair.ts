import { hasCode, isKleenetError } from '../../errors.ts';
import { severally } from '../../kit/severally.ts';
import { attachAgain, mendingOthers } from '../lifecycle/attach-again.ts';
import { checkSystem } from './check.ts';
import type { Engine } from '../context.ts';
import { assureFirewall, syncFirewall } from '../host/firewall.ts';
import { makeUp } from '../lifecycle/network-up.ts';
import { settle, withNetwork } from '../lifecycle/objects.ts';
import type { Finding, RepairReport } from '../requests/requests.ts';
import { networkOwner, operationFor } from '../records/claims.ts';
import { currentRun } from '../records/resolve.ts';

/**
 * Repairs the findings of `checkSystem`: completes interrupted operations, brings networks up again, attaches running
 * containers again, loads the firewall. Returns the repaired and the unrepaired findings.
 */
export function repairSystem(engine: Engine): Promise<RepairReport> {
  return mendingOthers(engine, () => repairFound(engine));
}

async function repairFound(engine: Engine): Promise<RepairReport> {
  await reapEnded(engine);
  const found = await checkSystem(engine);
  if (found.length === 0) return { repaired: [], remaining: [] };
  await engine.platform.requirePrivilege();
  const failures = await mendAll(engine, found);
  const known = new Set(found.map(exactly));
  let left = await checkSystem(engine);
  // A repair may reveal further findings: members of a bridge can only be checked once the bridge exists.
  const shown = left.filter((finding) => !known.has(exactly(finding)));
  if (shown.length > 0) {
    for (const [what, reason] of await mendAll(engine, shown)) failures.set(what, reason);
    left = await checkSystem(engine);
  }
  const remaining = left.map((finding) => withReason(finding, failures.get(key(finding))));
  const still = new Set(left.map(exactly));
  return { repaired: found.filter((finding) => !still.has(exactly(finding))), remaining };
}

/** An ended run is not a finding, but repair reaps it without waiting for the next command on its container. */
async function reapEnded(engine: Engine): Promise<void> {
  const { bootId } = await engine.platform.identity();
  const specs = await engine.store.read((snapshot) =>
    snapshot.containers.list().flatMap((container) => {
      const run = currentRun(snapshot, container.id);
      return run?.state === 'running' && run.bootId === bootId ? [{ container, run }] : [];
    }),
  );
  const states = await engine.platform.sandboxes.states(specs);
  const ended = specs.filter((_, index) => states[index] !== 'running');
  if (ended.length > 0) await engine.platform.requirePrivilege();
  await severally(ended, async ({ container }) => {
    try {
      await settle(engine, { kind: 'container', id: container.id }, 0);
    } catch (error) {
      // Another process works on it, or it stays parked, which is a finding.
      if (!hasCode(error, 'OBJECT_BUSY', 'PARKED')) throw error;
    }
  });
}

/** What is repaired together: containers need their networks, and the firewall's rules depend on both. */
const STAGES: readonly (readonly string[])[] = [
  ['network', 'image'],
  ['container', 'endpoint'],
  ['firewall'],
  ['claim'],
];

/** Repairs each object once, and returns the reasons of failures. */
async function mendAll(engine: Engine, found: readonly Finding[]): Promise<Map<string, string>> {
  const failures = new Map<string, string>();
  for (const kinds of STAGES) {
    const stage = distinct(found.filter(({ kind }) => kinds.includes(kind)));
    await severally(stage, async (finding) => {
      try {
        await mend(engine, finding);
      } catch (error) {
        if (!isKleenetError(error)) throw error;
        failures.set(key(finding), error.message);
      }
    });
  }
  return failures;
}

async function mend(engine: Engine, { kind, id }: Finding): Promise<void> {
  switch (kind) {
    case 'network':
      return mendNetwork(engine, id);
    case 'container':
      return mendContainer(engine, id);
    case 'endpoint':
      return mendEndpoint(engine, id);
    case 'image':
      return settle(engine, { kind: 'image', id });
    case 'firewall':
      return syncFirewall(engine);
    case 'claim':
      return engine.store.write((tx) => {
        tx.claims.remove(id);
      });
  }
}

async function mendNetwork(engine: Engine, id: string): Promise<void> {
  await settle(engine, { kind: 'network', id });
  const exists = await engine.store.read((snapshot) => snapshot.networks.get(id) !== undefined);
  if (!exists) return;
  await withNetwork(engine, id, 'exclusive', (network) =>
    network.driver === undefined
      ? engine.platform.networks.up(network, operationFor(engine, networkOwner(network)))
      : makeUp(engine, network),
  );
  await assureFirewall(engine);
}

async function mendEndpoint(engine: Engine, id: string): Promise<void> {
  const endpoint = await engine.store.read((snapshot) => snapshot.endpoints.get(id));
  if (endpoint !== undefined) await mendContainer(engine, endpoint.containerId);
}

/** Locking a container recovers it; a container that still runs is then attached again. */
async function mendContainer(engine: Engine, id: string): Promise<void> {
  await settle(engine, { kind: 'container', id });
  const exists = await engine.store.read((snapshot) => snapshot.containers.get(id) !== undefined);
  if (exists) await attachAgain(engine, id);
}

function distinct(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((finding) => [key(finding), finding])).values()];
}

function key({ kind, id }: Finding): string {
  return `${kind} ${id}`;
}

function exactly({ kind, id, message }: Finding): string {
  return `${kind} ${id} ${message}`;
}

function withReason(finding: Finding, reason: string | undefined): Finding {
  if (reason === undefined) return finding;
  const ofContainer = finding.kind === 'container' || finding.kind === 'endpoint';
  const next = ofContainer ? `; 'klee restart ${finding.name}' builds everything again` : '';
  return { ...finding, message: `${finding.message} (repair failed: ${reason}${next})` };
}
