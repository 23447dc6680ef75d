/** Hints and pages tell people which commands to type: those must be there. */
import { deepEqual } from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import { GROUPS, TREE } from '../src/commands/index.ts';
import { TOP, findPages } from './support/markdown.ts';

const test = suite('commands that are named');
const known = new Set([...TREE.paths, ...Object.keys(TREE.shortcuts)]);
const verbs = new Set(TREE.paths.map((path) => path.split(' ')[1]));

/** The program of Kleene is called klee, too. */
const OF_ANOTHER_KLEE = 'docs/moving-to-kleenet.md';

/** `klee GROUP WORD`, or `klee VERB` of something that is a verb below a group only. */
function unknownIn(text: string): readonly string[] {
  return [...text.matchAll(/(?<!service )\bklee ([a-z]+)(?: ([a-z]+))?/g)].flatMap(
    ([, first = '', second]) => {
      if (first in GROUPS)
        return second === undefined || known.has(`${first} ${second}`)
          ? []
          : [`${first} ${second}`];
      return verbs.has(first) && !known.has(first) ? [first] : [];
    },
  );
}

test('in the texts of klee', () => {
  const files = readdirSync(join(TOP, 'packages')).flatMap((name) =>
    readdirSync(join(TOP, 'packages', name, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join('packages', name, 'src', file)),
  );
  const found = files.flatMap((file) =>
    unknownIn(readFileSync(join(TOP, file), 'utf8')).map((name) => `${file}: klee ${name}`),
  );
  deepEqual(found, []);
});

test('in the pages', () => {
  const pages = findPages().filter((page) => page !== OF_ANOTHER_KLEE);
  const found = pages.flatMap((page) =>
    unknownIn(readFileSync(join(TOP, page), 'utf8')).map((name) => `${page}: klee ${name}`),
  );
  deepEqual(found, []);
});

test.run();
