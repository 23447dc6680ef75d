import type { Container, Run } from '../../model.ts';
import { mendingOthers } from '../lifecycle/attach-again.ts';
import type { Engine } from '../context.ts';
import { withContainer } from '../lifecycle/objects.ts';
import { currentRun, endRun } from '../host/runs.ts';
import { startContainer } from './start-container.ts';
import { eraseContainer } from '../lifecycle/removal.ts';

/**
 * Stops a container: TERM first, then KILL after `grace` milliseconds. Does nothing when it is not running.
 * @throws KleenetError CONTAINER_NOT_FOUND, PLATFORM_COMMAND_FAILED
 */
export function stopContainer(engine: Engine, reference: string, grace: number): Promise<void> {
  return mendingOthers(engine, () => stopNamed(engine, reference, grace));
}

async function stopNamed(engine: Engine, reference: string, grace: number): Promise<void> {
  await withContainer(engine, reference, async (container) => {
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
