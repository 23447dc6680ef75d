import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { suite } from 'uvu';
import { conformanceCases, reportData, reportText, runConformance } from '../src/index.ts';
import { OWN, reference } from './support/reference.ts';

const test = suite('conformance report');

const FAULTY = { ...reference(OWN), name: 'My Driver' };
const NAMING = 'its name is lower-case letters, digits and dashes';

test('the data has every case once, in order, with a reason unless it passed', async () => {
  const data = reportData('reference', await runConformance(FAULTY));
  deepEqual(
    data.cases.map(({ name }) => name),
    conformanceCases(FAULTY).map(({ name }) => name),
  );
  deepEqual([data.passed + data.failed + data.skipped, data.failed], [data.cases.length, 1]);
  for (const { name, result, reason } of data.cases)
    equal(reason === undefined, result === 'passed', name);
  deepEqual(JSON.parse(JSON.stringify(data)), data);
});

test('the text says what fails and why, and counts what was skipped for one reason', async () => {
  const text = reportText(reportData('my-driver', await runConformance(FAULTY)));
  match(
    text,
    /^driver my-driver breaks the contract: \d+ passed, 1 failed, \d+ skipped\n {2}memory .*\n\nmanifest\n/,
  );
  match(text, new RegExp(`^  FAILED  ${NAMING}\n(?: {10}.*\n)* {10}'My Driver'\n  ok`, 'm'));
  match(text, /^ {2}ok {6}plan is pure$/m);
  match(text, /^ {2}2 cases: no plugin was given$/m);
  match(text, /^ {2}\d+ cases: the driver has no data plane for linux$/m);
  ok(!text.includes('(linux)'), 'skipped cases are listed one by one');
});

test('a driver that passes is said to keep the contract', async () => {
  const text = reportText(reportData('reference', await runConformance(reference(OWN))));
  match(
    text,
    /^driver reference keeps the contract on the simulated host: \d+ passed, 0 failed, \d+ skipped\n {2}memory {3}proved on the simulated host, by what it declares\n/,
  );
  ok(!text.includes('FAILED'));
});

test('a report on nothing is not a success', () => {
  const text = reportText(reportData('ghost', { passed: [], failed: [], skipped: [] }));
  equal(text, 'driver ghost was not tried: 0 passed, 0 failed, 0 skipped');
});

test.run();
