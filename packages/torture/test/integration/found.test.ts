/** Walks that found a fault once. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { takeWalk } from '../../src/walk/take-walk.ts';
import { FOUND } from '../found/walks.ts';

for (const [name, steps] of Object.entries(FOUND)) {
  test(name, async () => {
    const { counts, finding } = await takeWalk({ steps }, () => undefined);
    assert.equal(finding, undefined);
    assert.equal(counts.steps, steps.length);
  });
}

test.run();
