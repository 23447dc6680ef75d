/** How many programs of the host and how many commits each use case takes: nothing is added here unnoticed. */
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import { countsOf } from './support/counted.ts';
import { FreebsdWorld } from './support/freebsd.ts';

const test = suite('programs and commits on FreeBSD');

/**
 * Each use case, with the host programs that klee itself starts at most: one less where two that are at work at the same time ask in
 * the same moment, and share a shell.
 */
const COUNTS = [
  'network create -t bridge --subnet 10.91.0.0/24 n1: 11 programs, 3 commits',
  'network create -t bridge --subnet 10.92.0.0/24 n2: 7 programs, 2 commits',
  'run -d --name a -l ipnet -n n1 host sleep 600: 17 programs, 2 commits',
  'run -d --name v -l vnet -n n1 host sleep 600: 24 programs, 2 commits',
  'network connect n2 a: 7 programs, 2 commits',
  'network disconnect n2 a: 8 programs, 2 commits',
  'system check: 17 programs, 0 commits',
  'container ls: 2 programs, 0 commits',
  'network ls: 0 programs, 0 commits',
  'container stop -t 0 a: 13 programs, 2 commits',
  'network connect n2 a: 2 programs, 1 commits',
  'network disconnect n2 a: 1 programs, 1 commits',
  'container start a: 15 programs, 2 commits',
  'container rm -f a: 15 programs, 2 commits',
  'container rm -f v: 14 programs, 2 commits',
  'network rm n2: 8 programs, 2 commits',
  'network rm n1: 9 programs, 2 commits',
];

test('each use case takes as many as it needs', async () => {
  const world = new FreebsdWorld();
  try {
    const lines = await countsOf(
      (words, decorate) => world.mishap(words, {}, { decorate }),
      () => world.host.process().commands,
    );
    assert.deepEqual(
      lines.map((line, index) => (isOneLess(line, COUNTS[index]) ? COUNTS[index] : line)),
      COUNTS,
    );
  } finally {
    world.remove();
  }
});

function isOneLess(line: string, most = ''): boolean {
  return line === most.replace(/\d+(?= programs)/, (count) => String(Number(count) - 1));
}

test.run();
