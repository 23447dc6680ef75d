import { deepEqual, equal, match } from 'node:assert/strict';
import { test } from 'node:test';
import { uplink } from '../dist/index.js';

const TEXTS = { 1: true, 100: true, 4294967295: true };
for (const text of ['0', '-1', '01', '4294967296', '99999999999', 'main', '1 dev eth0', ''])
  TEXTS[text] = false;

for (const [text, fine] of Object.entries(TEXTS))
  test(`table=${text} is ${fine ? 'fine' : 'refused'}`, () => {
    const problem = uplink.networkOptions.table.check(text);
    if (fine) equal(problem, undefined);
    else match(problem, /is not a number from 1 to 4294967295/);
  });

test('a network without a table is fine, and an endpoint has no options', () => {
  deepEqual(Object.keys(uplink.options), []);
  deepEqual(uplink.validateEndpoint(), []);
});
