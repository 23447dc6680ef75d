import type { Engine } from '../context.ts';

/**
 * Runs a creating operation; when it fails, undoes it and throws the first failure. `undo` need not wait for commands of
 * other processes, as it only undoes what this one has done. What it cannot clean up stays recorded for the next command,
 * and the user is told.
 */
export async function rollback<T>(
  engine: Engine,
  operation: () => Promise<T>,
  undo: () => Promise<unknown>,
): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    await undo().catch((left: unknown) => {
      engine.logger.warn(
        `not everything could be undone: ${left instanceof Error ? left.message : String(left)}`,
      );
    });
    throw error;
  }
}
