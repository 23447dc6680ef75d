/** Objects of rows: what is read again is not made again. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { decode, RUN } from '../src/objects.ts';

const run = {
  id: 'r',
  containerId: 'c',
  state: 'running',
  bootId: 'b',
  sandbox: { name: 's' },
  started: '2026-01-01T00:00:00.000Z',
};

test('the same text is the same object, frozen as a whole, and another text another one', () => {
  const data = JSON.stringify(run);
  const first = decode(RUN, { data }, 'state.db');
  assert.deepEqual(first, run);
  assert.ok(Object.isFrozen(first) && Object.isFrozen(first.sandbox));
  assert.equal(decode(RUN, { data: JSON.stringify(run) }, 'state.db'), first);
  const later = decode(RUN, { data: JSON.stringify({ ...run, state: 'ended' }) }, 'state.db');
  assert.equal(later.state, 'ended');
  assert.equal(first.state, 'running');
});

test('what is no object is refused each time', () => {
  for (const data of ['', '[]', '{"id":"r"}', '', '[]', '{"id":"r"}'])
    assert.throws(() => decode(RUN, { data }, 'state.db'), /run/);
});

test.run();
