/** Everything up after the host has booted, and everything down before it stops. */
import { isKleenetError } from '../../errors.ts';
import { inGroups, severally } from '../../kit/severally.ts';
import type { Network } from '../../model.ts';
import { mendingOthers } from '../lifecycle/attach-again.ts';
import type { Engine } from '../context.ts';
import { syncFirewall } from '../host/firewall.ts';
import { acquireNetworks } from '../records/locking.ts';
import { bringUpEach } from '../lifecycle/network-up.ts';
import { settle } from '../lifecycle/objects.ts';
import { listContainers } from './reports.ts';
import type { ContainerReport, Finding } from '../requests/requests.ts';
import { startContainer } from './start-container.ts';
import { stopContainer } from './stop-container.ts';
import { sweep } from '../lifecycle/sweep.ts';
import { networkOwner, ownerless } from '../records/claims.ts';
import { takeAllDown } from '../lifecycle/removal.ts';

/** The grace period of a command, in milliseconds. */
const STOP_GRACE = 10_000;

/** How many networks are locked at the same time. */
const GROUP = 128;

/**
 * Brings up all networks and the firewall, and starts the containers with the restart policy `on-startup`. Continues
 * after a failure. Returns the failures.
 */
export function systemUp(engine: Engine): Promise<readonly Finding[]> {
  return mendingOthers(engine, () => bringAllUp(engine));
}

async function bringAllUp(engine: Engine): Promise<readonly Finding[]> {
  await engine.platform.requirePrivilege();
  await sweep(engine);
  const networks = await engine.store.read((snapshot) => snapshot.networks.list());
  const failures = new Failures();
  for (const group of inGroups(networks, GROUP)) await bringGroupUp(engine, group, failures);
  await failures.attempt('firewall', FIREWALL, () => syncFirewall(engine));
  const listed = await listContainers(engine);
  await severally(listed, (report) => startAgain(engine, report, failures));
  return failures.inOrder([...networks, FIREWALL, ...listed.map(({ container }) => container)]);
}

/** Under their locks, shared. */
async function bringGroupUp(
  engine: Engine,
  networks: readonly Network[],
  failures: Failures,
): Promise<void> {
  const failed = failures.of<Network>('network');
  const held = await acquireNetworks(engine, networks, 'shared', failed);
  try {
    await bringUpEach(engine, held.networks, failed);
  } finally {
    held.release();
  }
}

async function startAgain(
  engine: Engine,
  { container, state, run }: ContainerReport,
  failures: Failures,
): Promise<void> {
  // Runs that ended with the host have not been reaped: locking the container reaps them.
  if (container.autoRemove && state !== 'running' && run?.state === 'running') {
    return failures.attempt('container', container, () =>
      settle(engine, { kind: 'container', id: container.id }),
    );
  }
  if (container.restart === 'no' || state === 'running') return;
  await failures.attempt('container', container, async () => {
    await startContainer(engine, container.id, 'detached');
  });
}

/** Stops all containers and takes all networks and the firewall down. Leases stay. Returns the failures. */
export function systemDown(engine: Engine): Promise<readonly Finding[]> {
  return mendingOthers(engine, () => takeEverythingDown(engine));
}

async function takeEverythingDown(engine: Engine): Promise<readonly Finding[]> {
  await engine.platform.requirePrivilege();
  await sweep(engine);
  const failures = new Failures();
  const containers = (await listContainers(engine)).map(({ container }) => container);
  await severally(containers, (container) =>
    failures.attempt('container', container, () => stopContainer(engine, container.id, STOP_GRACE)),
  );
  const networks = await engine.store.read((snapshot) => snapshot.networks.list());
  for (const group of inGroups(networks, GROUP)) await takeGroupDown(engine, group, failures);
  await failures.attempt('firewall', FIREWALL, () =>
    engine.platform.firewall.clear({ ...ownerless(), signal: engine.signal }),
  );
  return failures.inOrder([...containers, ...networks, FIREWALL]);
}

/** Under their locks. Kernel settings stay when a network goes down. */
async function takeGroupDown(
  engine: Engine,
  networks: readonly Network[],
  failures: Failures,
): Promise<void> {
  const failed = failures.of<Network>('network');
  const held = await acquireNetworks(engine, networks, 'exclusive', failed);
  try {
    const down = await takeAllDown(engine, held.networks, failed);
    await engine.store.write((tx) => {
      for (const { id, resource } of down.flatMap((one) => tx.claims.byOwner(networkOwner(one))))
        if (resource.kind !== 'sysctl') tx.claims.remove(id);
      for (const { upIn, ...network } of down.flatMap(({ id }) => tx.networks.get(id) ?? []))
        if (upIn !== undefined) tx.networks.update(network);
    });
  } finally {
    held.release();
  }
}

interface Subject {
  readonly id: string;
  readonly name: string;
}

const FIREWALL: Subject = { id: '', name: '' };

/** What could not be done. */
class Failures {
  readonly #found = new Map<string, Finding[]>();

  /** For failures of one kind of objects. @throws what does not concern one object */
  of<T extends Subject>(kind: string): (subject: T, error: unknown) => void {
    return ({ id, name }, error) => {
      if (!isKleenetError(error) || error.code === 'INTERRUPTED') throw error;
      this.#found.set(id, [
        ...(this.#found.get(id) ?? []),
        { kind, id, name, message: error.message },
      ]);
    };
  }

  async attempt(kind: string, subject: Subject, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.of(kind)(subject, error);
    }
  }

  inOrder(subjects: readonly Subject[]): readonly Finding[] {
    return subjects.flatMap(({ id }) => this.#found.get(id) ?? []);
  }
}
