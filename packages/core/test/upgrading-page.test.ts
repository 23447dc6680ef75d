/** UPGRADING.md says what to do about every version of the driver contract. */
import * as assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import { API_VERSION } from '../src/driver.ts';

const page = readFileSync(join(import.meta.dirname, '../../../UPGRADING.md'), 'utf8');

const test = suite('UPGRADING.md');

test('it has a part for users and one for authors', () => {
  assert.deepEqual(
    [...page.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading),
    ['For users', 'For authors of drivers'],
  );
});

test('it has a section for each contract up to this one', () => {
  assert.deepEqual(
    [...page.matchAll(/^### Contract (\d+)$/gm)].map(([, number]) => Number(number)),
    Array.from({ length: API_VERSION }, (_, index) => index + 1).toReversed(),
  );
});

test.run();
