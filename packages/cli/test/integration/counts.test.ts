/** How many programs of the host and how many commits each use case takes: nothing is added here unnoticed. */
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { countsOf } from '../support/counted.ts';
import { LinuxWorld } from '../support/linux.ts';

const test = suite('programs and commits on Linux');

/** Each use case, with the host programs that klee itself starts. */
const COUNTS = [
  'network create -t bridge --subnet 10.91.0.0/24 n1: 7 programs, 3 commits',
  'network create -t bridge --subnet 10.92.0.0/24 n2: 5 programs, 2 commits',
  'run -d --name a -l ipnet -n n1 host sleep 600: 12 programs, 2 commits',
  'run -d --name v -l vnet -n n1 host sleep 600: 13 programs, 2 commits',
  'network connect n2 a: 5 programs, 2 commits',
  'network disconnect n2 a: 2 programs, 2 commits',
  'system check: 10 programs, 0 commits',
  'container ls: 0 programs, 0 commits',
  'network ls: 0 programs, 0 commits',
  'container stop -t 0 a: 5 programs, 2 commits',
  'network connect n2 a: 1 programs, 1 commits',
  'network disconnect n2 a: 0 programs, 1 commits',
  'container start a: 13 programs, 2 commits',
  'container rm -f a: 5 programs, 2 commits',
  'container rm -f v: 6 programs, 2 commits',
  'network rm n2: 4 programs, 2 commits',
  'network rm n1: 5 programs, 2 commits',
];

test('each use case takes as many as it needs', async () => {
  const world = new LinuxWorld('/run');
  try {
    const lines = await countsOf((words, decorate) => world.klee(words, { decorate }));
    assert.deepEqual(lines, COUNTS);
  } finally {
    world.remove();
  }
});

test.run();
