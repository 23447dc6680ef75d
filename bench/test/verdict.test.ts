/** Whether a goal is met. */
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { verdictOf } from '../support/verdict.ts';
import { sampleOutcome } from './outcome.ts';

const test = suite('verdicts of the benchmarks');

test('a ratio to another contestant', () => {
  const goals = { node: { limit: 0.8, of: 'podman' }, file: { limit: 0.5, of: 'podman' } } as const;
  const outcome = sampleOutcome({ goals }, { node: [[9, 9]], file: [[5, 5]], podman: [[10, 10]] });
  assert.deepEqual(verdictOf(outcome, 'node'), { goal: goals.node, value: 0.9, met: false });
  assert.equal(verdictOf(outcome, 'file')?.met, true, 'the limit itself is met');
});

test('at least, where more is better', () => {
  const row = { moreIsBetter: true, goals: { file: { limit: 1, of: 'podman' } } } as const;
  const values = { podman: [[100, 100]] };
  assert.equal(verdictOf(sampleOutcome(row, { file: [[99, 99]], ...values }), 'file')?.met, false);
  assert.equal(verdictOf(sampleOutcome(row, { file: [[101, 101]], ...values }), 'file')?.met, true);
});

test('growth is compared with the same contestant at the first point', () => {
  const outcome = sampleOutcome(
    {
      points: { of: 'networks', at: [2, 100, 252] },
      goals: { node: { limit: 1.1, of: 'first point' }, file: { limit: 1.1, of: 'first point' } },
    },
    { node: [[10], [90], [11]], file: [[10], [10], [12]] },
  );
  assert.equal(verdictOf(outcome, 'node')?.met, true, 'points between do not count');
  assert.deepEqual(verdictOf(outcome, 'file')?.value, 1.2);
});

test('a limit in the unit of the row', () => {
  const goals = { node: { limit: 2, of: 'unit' } } as const;
  assert.equal(verdictOf(sampleOutcome({ goals }, { node: [[2, 2]] }), 'node')?.met, true);
  assert.equal(verdictOf(sampleOutcome({ goals }, { node: [[3, 3]] }), 'node')?.met, false);
});

test('no verdict without figures: a peer that failed does not make klee faster', () => {
  const goals = { node: { limit: 0.8, of: 'podman' } } as const;
  assert.equal(
    verdictOf(sampleOutcome({ goals }, { node: [[1]], podman: [[]] }), 'node'),
    undefined,
  );
  assert.equal(
    verdictOf(sampleOutcome({ goals }, { node: [[]], podman: [[1]] }), 'node'),
    undefined,
  );
  assert.equal(verdictOf(sampleOutcome({}, { node: [[1]] }), 'node'), undefined, 'no goal');
});

test.run();
