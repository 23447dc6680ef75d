import { isKleenetError } from '../../errors.ts';
import type { Engine } from '../context.ts';

/**
 * Recovers all unfinished operations of dead processes before a read-only command. When that is impossible, the command
 * shows the present state. The code for it is loaded when there is one: most commands find none.
 */
export async function tidy(engine: Engine): Promise<void> {
  if ((await engine.store.read((snapshot) => snapshot.unsettled())).length === 0) return;
  try {
    await engine.platform.requirePrivilege();
    const { sweep } = await import('./sweep.ts');
    await sweep(engine);
  } catch (error) {
    if (!isKleenetError(error) || error.code === 'INTERRUPTED') throw error;
    engine.logger.debug(`an interrupted operation was not cleaned up: ${error.message}`);
  }
}
