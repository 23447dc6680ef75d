/** Restores resources of a running container on the host, some of which may be missing. */
import { hasCode, isKleenetError } from '../../errors.ts';
import { attachTargets } from '../host/attach-target.ts';
import { attach } from '../host/attachment.ts';
import type { Engine } from '../context.ts';
import { assureFirewall } from '../host/firewall.ts';
import { refreshHosts } from './hosts-files.ts';
import { withContainer } from './objects.ts';
import { containerOwner, operationFor } from '../records/claims.ts';
import { currentRun } from '../records/resolve.ts';

/** Attaches every endpoint of a container again, if it runs. Locking it recovers it first. */
export function attachAgain(engine: Engine, id: string): Promise<void> {
  return withContainer(engine, id, async (container) => {
    const identity = await engine.platform.identity();
    const found = await engine.store.read((snapshot) => {
      const run = currentRun(snapshot, id);
      return run && { run, targets: attachTargets(snapshot, container, run, identity) };
    });
    if (found === undefined) return;
    const { run, targets } = found;
    const operation = operationFor(engine, containerOwner(container));
    await engine.platform.sandboxes.mend?.({ container, run }, operation);
    if (targets.length > 0) await assureFirewall(engine);
    for (const target of targets) await attach(engine, target);
  });
}

/**
 * Runs an operation of the user. If it reloads lost rules, the firewall's entries for single endpoints are lost, too,
 * and their containers are cut off: they are attached again as soon as the operation holds no locks, even when it has
 * failed. If a driver has bound other addresses, the names in containers follow.
 */
export async function mendingOthers<T>(engine: Engine, operation: () => Promise<T>): Promise<T> {
  try {
    return await operation();
  } finally {
    const ids = [...engine.cutOff];
    engine.cutOff.clear();
    await attachAllAgain(engine, ids);
    const networks = [...engine.rebound];
    engine.rebound.clear();
    if (networks.length > 0) await refreshHosts(engine, { networks });
  }
}

/** A failure here must not undo the caller's work. */
async function attachAllAgain(engine: Engine, ids: readonly string[]): Promise<void> {
  for (const id of ids) {
    try {
      await attachAgain(engine, id);
    } catch (error) {
      if (hasCode(error, 'CONTAINER_NOT_FOUND')) continue;
      if (!isKleenetError(error)) throw error;
      engine.logger.warn(
        `the firewall's rules were gone and are loaded again, but container ${id} may be cut off until 'klee system repair': ${error.message}`,
      );
      if (error.code === 'INTERRUPTED') return;
    }
  }
}
