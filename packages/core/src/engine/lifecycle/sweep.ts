import { hasCode } from '../../errors.ts';
import { mendingOthers } from './attach-again.ts';
import type { Engine } from '../context.ts';
import { settle } from './objects.ts';

/**
 * Recovers all unfinished operations of dead processes. A locked object belongs to a living process and is skipped
 * immediately; an object that cannot be cleaned up stays parked, and blocks only itself.
 */
export function sweep(engine: Engine): Promise<void> {
  return mendingOthers(engine, () => settleAll(engine));
}

async function settleAll(engine: Engine): Promise<void> {
  const unsettled = await engine.store.read((snapshot) => snapshot.unsettled());
  for (const owner of unsettled) {
    try {
      await settle(engine, owner, 0);
    } catch (error) {
      if (!hasCode(error, 'OBJECT_BUSY', 'PARKED')) throw error;
      engine.logger.debug(`${owner.kind} ${owner.id}: ${error.message}`);
    }
  }
}
