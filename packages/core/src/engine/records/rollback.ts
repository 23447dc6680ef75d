import type { Engine } from '../context.ts';

/**
 * Runs a creating operation; when it fails, undoes it and throws what went wrong first. What undoing cannot clean up
 * stays recorded for the next command, and the user is told.
 */
export async function rollback<T>(
  engine: Engine,
  operation: () => Promise<T>,
  undo: (engine: Engine) => Promise<unknown>,
): Promise<T> {
  try {
    return await operation();
  } catch (error) {
    // What it undoes is its own: nobody who is gone has to be waited for.
    const { awaitOrphans: _, ...alone } = engine;
    await undo(alone).catch((left: unknown) => {
      engine.logger.warn(
        `not everything could be undone: ${left instanceof Error ? left.message : String(left)}`,
      );
    });
    throw error;
  }
}
