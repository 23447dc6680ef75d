/** The page with the results. */
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { curveOf } from '../support/curve.ts';
import { resultsPage } from '../support/results.ts';
import { failuresOf, tableOf } from '../support/table.ts';
import { figure } from '../support/text.ts';
import { sampleOutcome } from './outcome.ts';

const test = suite('the page of results');

const CONNECT = sampleOutcome(
  {
    peer: 'podman',
    goals: { node: { limit: 0.8, of: 'podman' }, file: { limit: 0.5, of: 'podman' } },
  },
  { node: [[9, 9]], file: [[4, 5]], podman: [[10, 10]], docker: [[20, 20]] },
);
const GROWTH = sampleOutcome(
  {
    title: 'run & stop',
    points: { of: 'containers', at: [10, 100, 200] },
    goals: { file: { limit: 1.1, of: 'first point' } },
  },
  { file: [[10], [11], [15]], podman: [[], [], []] },
);

test('a line of the table', () => {
  const [, , line] = tableOf([CONNECT]).split('\n');
  assert.equal(
    line,
    '| connect | ms | 9.00 | 4.50 (4.25–4.75) | podman: 10.0 | 0.90 | 0.45 (0.43–0.47) | docker: 20.0 ' +
      '| ≤ 0.8 × podman | **not met**: 0.90 | ≤ 0.5 × podman | met: 0.45 |',
  );
});

test('a row with points is shown at its last, beside itself at the first', () => {
  const [, , line] = tableOf([GROWTH]).split('\n');
  assert.equal(
    line,
    '| run & stop, 200 containers | ms | – | 15.0 | itself at 10 | – | 1.50 | podman: – ' +
      '| – | – | ≤ 1.1 × that at 10 | **not met**: 1.50 |',
  );
});

test('three digits', () => {
  assert.deepEqual([0.123, 1.005, 12.34, 123.4, 60000, NaN].map(figure), [
    '0.12',
    '1.00',
    '12.3',
    '123',
    '60,000',
    '–',
  ]);
});

test('the curve has a line for each contestant with figures', () => {
  const curve = curveOf(GROWTH) ?? '';
  assert.equal(curve.match(/<polyline/g)?.length, 1);
  assert.equal(curve.match(/<circle/g)?.length, 3);
  assert.match(curve, /run &amp; stop \(ms\)/);
  assert.equal(curveOf(CONNECT), undefined, 'one point is not a curve');
});

test('the page has the machine, all points, and why figures are missing', () => {
  const failed = {
    contestant: 'docker',
    point: 0,
    values: [],
    failed: 'no\ndaemon',
  } as const;
  const broken = { ...CONNECT, figures: [...CONNECT.figures.slice(0, 3), failed] };
  assert.deepEqual(failuresOf([broken]), ['connect, docker: no daemon']);
  const { text, curves } = resultsPage([broken, GROWTH], {
    machine: [['kernel', '6.18']],
    rounds: 20,
    most: 100,
    leftOut: ['prune', 'run'],
  });
  assert.match(text, /^With at most 100 networks or containers\.$/m);
  assert.match(text, /^Not measured in this run: prune, run\.$/m);
  assert.match(text, /^- kernel: 6\.18$/m);
  assert.match(text, /^Medians of 20 rounds/m);
  assert.match(text, /^- connect, docker: no daemon$/m);
  assert.match(text, /^\| 100 \| 11\.0 \| – \|$/m);
  assert.deepEqual([...curves.keys()], ['connect.svg']);
});

test.run();
