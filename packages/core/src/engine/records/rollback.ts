import type { Engine } from '../context.ts';

/**
 * Runs a creating operation; rolls it back when it fails, and throws the first failure. `undo` need not wait for
 * commands of other processes, because it only undoes the work of this one. Resources that it cannot clean up stay
 * recorded for the next command, and the user is warned.
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
