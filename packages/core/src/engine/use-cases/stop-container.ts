import type { Container, Run } from '../../model.ts';
import { succeeding } from '../../kit/severally.ts';
import { mendingOthers } from '../lifecycle/attach-again.ts';
import type { Engine } from '../context.ts';
import { withContainer } from '../lifecycle/objects.ts';
import { forNamed, onlyOne, settleUnlessInterrupted } from '../records/outcomes.ts';
import type { Named, Settle, Tell } from '../records/outcomes.ts';
import { currentRun, resolveContainer } from '../records/resolve.ts';
import { endRun } from '../host/runs.ts';
import { startContainer } from './start-container.ts';
import { eraseContainer } from '../lifecycle/removal.ts';

/**
 * Stops a container: TERM first, then KILL after `grace` milliseconds. Does nothing when it is not running.
 * @throws KleenetError CONTAINER_NOT_FOUND, PLATFORM_COMMAND_FAILED
 */
export async function stopContainer(
  engine: Engine,
  reference: string,
  grace: number,
): Promise<void> {
  await onlyOne((tell) => stopContainers(engine, [reference], grace, tell));
}

/** The same for several, some of them at the same time; a failure does not stop the work on the others. */
export function stopContainers(
  engine: Engine,
  references: readonly string[],
  grace: number,
  tell: Tell,
): Promise<void> {
  const work = async (ids: readonly string[], settle: Settle): Promise<void> => {
    const stopped = await succeeding(ids, settleUnlessInterrupted(settle), (id) =>
      stopById(engine, id, grace),
    );
    for (const id of stopped) settle(id);
  };
  const named: Named = { references, resolve: resolveContainer, work };
  return mendingOthers(engine, () => forNamed(engine, named, tell));
}

function stopById(engine: Engine, id: string, grace: number): Promise<void> {
  return withContainer(engine, id, async (container) => {
    const run = await engine.store.read((snapshot) => currentRun(snapshot, container.id));
    if (run === undefined) return;
    await engine.platform.requirePrivilege();
    await stopRun(engine, container, run, grace);
    if (container.autoRemove) await eraseContainer(engine, container);
  });
}

async function stopRun(
  engine: Engine,
  container: Container,
  run: Run,
  grace: number,
): Promise<void> {
  const stopping: Run = { ...run, state: 'stopping' };
  await engine.store.write((tx) => {
    tx.runs.put(stopping);
  });
  await engine.platform.sandboxes.stop({ container, run: stopping }, 'TERM', grace);
  await endRun(engine, container, stopping);
}

/** Stops a container, if it runs, and starts it again. @throws KleenetError as stopping and starting do */
export async function restartContainer(
  engine: Engine,
  reference: string,
  grace: number,
): Promise<void> {
  await stopContainer(engine, reference, grace);
  await startContainer(engine, reference, 'detached');
}
