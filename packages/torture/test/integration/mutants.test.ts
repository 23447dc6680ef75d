/** A fixed sample of mutants, all of which are noticed; and the proof that the machine tells those that are not. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { Explained } from '../../src/mutants/explained.ts';
import { EXPLAINED } from '../../src/mutants/explained.ts';
import { resultOf } from '../../src/mutants/machine.ts';
import { isBelow, sourceFiles } from '../../src/mutants/places.ts';
import { runMutants } from '../../src/mutants/run.ts';
import type { MutantRun } from '../../src/mutants/run.ts';

const PLACES = [
  'packages/core/src/allocator',
  'packages/platform/src/linux/firewall/inet-table.ts',
  'packages/platform/src/linux/firewall/published.ts',
  'packages/platform/src/linux/oci-config.ts',
  'packages/platform/src/linux/seccomp.ts',
  'packages/platform/src/freebsd/jail-parameters.ts',
];
/** Fast ones, which hold these places. */
const TESTS = [
  'packages/core/test/allocator.test.ts',
  'packages/platform/test/container.test.ts',
  'packages/platform/test/firewall.test.ts',
  'packages/platform/test/firewall-rules.test.ts',
  'packages/platform/test/freebsd-jail-parameters.test.ts',
  'packages/platform/test/linux-confinement.test.ts',
];

test('a fixed sample of mutants is noticed', async () => {
  const files = sourceFiles().filter((file) => isBelow(file, PLACES));
  const run = await take({ files, tests: TESTS, most: 40, explained: EXPLAINED });
  const { tried, faults } = resultOf(run, { seed: 1, places: PLACES });
  assert.deepEqual(faults, []);
  assert.equal(tried['noticed'], 40);
});

const LIMIT = 'packages/torture/test/mutants/src/limit.ts';
const BOUNDARY = {
  file: LIMIT,
  within: 'isWithin',
  code: 'value < limit',
  becomes: 'value <= limit',
};

test('what no test notices is told; what one does, the compiler, or an explanation, is not', async () => {
  const explained: readonly Explained[] = [
    { file: LIMIT, within: 'firstOf', code: '?? ""', why: 'nothing of the kind is there' },
    { file: LIMIT, within: 'firstOf', code: "names.toSorted()[0] ?? ''", why: 'to be explained' },
  ];
  const tests = ['packages/torture/test/mutants/limit.test.ts'];
  const run = await take({ files: [LIMIT], tests, explained, patience: 8_000 });
  const { faults } = resultOf(run, { seed: 1, places: [LIMIT] });
  const survivors = run.examined.filter(({ by }) => by === undefined).map(({ mutant }) => mutant);
  assert.deepEqual(survivors.map(({ code, becomes }) => `${code} -> ${becomes}`).sort(), [
    "'' -> 'mutant'",
    'names.toSorted() -> names',
    'value < limit -> value <= limit',
  ]);
  const boundary = faults.find(({ text }) => text.includes('value <= limit'));
  assert.equal(boundary?.kind, 'survived');
  // It can be pasted into the list.
  assert.deepEqual(JSON.parse(boundary?.shortened ?? ''), { ...BOUNDARY, why: '…' });
  assert.deepEqual(
    faults.filter(({ kind }) => kind === 'stale').map(({ shortened }) => shortened),
    ['?? ""'],
  );
  // A loop without an end is one that a test notices.
  const endless = run.examined.find(({ mutant }) => mutant.code === 'left -= 1;');
  assert.equal(endless?.by, 'test');
});

function take(
  options: Omit<Parameters<typeof runMutants>[0], 'seed' | 'seconds' | 'log'>,
): Promise<MutantRun> {
  return runMutants({ seed: 1, seconds: 600, log: () => undefined, ...options });
}

test.run();
