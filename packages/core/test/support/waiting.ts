/** Waiting for what other processes do. */
import assert from 'node:assert/strict';

/** Milliseconds between two looks, and altogether. A busy machine needs many times what a quiet one does. */
const PACE = 10;
const PATIENCE = 30_000;

/** Waits until something holds. */
export async function until(what: string, holds: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = Date.now() + PATIENCE;
  while (!(await holds())) {
    assert.ok(Date.now() < deadline, `waited in vain: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, PACE));
  }
}
