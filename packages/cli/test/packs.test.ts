/** How the parts of the program are evaluated, whatever the build has put into them. */
import { deepEqual, equal, throws } from 'node:assert/strict';
import { test } from 'uvu';
import { runPacks } from '../src/packs.ts';
import type { OpenedPack, Program } from '../src/packs.ts';

/** Runs these packs from the part `#first/entry` on, and counts how often each is opened. */
function run(packs: Readonly<Record<string, ReturnType<OpenedPack>>>): {
  readonly program: Program;
  readonly opened: readonly string[];
} {
  const opened: string[] = [];
  const open = (name: string): OpenedPack => {
    opened.push(name);
    return () => packs[name] ?? {};
  };
  const require = (id: string): unknown => ({ id });
  const program = runPacks('#first/entry', open, { filename: '', dirname: '', require });
  return { program, opened };
}

test('a part is evaluated once, and a pack is opened with the first part of it', () => {
  let times = 0;
  const { program, opened } = run({
    first: {
      '#first/entry': (module, load) => {
        module.exports = [load('#second/a'), load('#second/a'), load('#second/b')];
      },
    },
    second: {
      '#second/a': (module) => {
        module.exports = ++times;
      },
      '#second/b': (module) => {
        module.exports = 'b';
      },
    },
  });
  deepEqual(program.exports, [1, 1, 'b']);
  deepEqual(opened, ['first', 'second']);
  deepEqual([...program.evaluated].toSorted(), ['#first/entry', '#second/a', '#second/b']);
});

test('a part that fails does so each time that it is required, and is not taken for evaluated', () => {
  const { program } = run({
    first: {
      '#first/entry': (module, load) => {
        for (let time = 1; time <= 2; time += 1) throws(() => load('#first/bad'), /no luck/);
        throws(() => load('#first/absent'), /the pack first has no part #first\/absent/);
        throws(() => load('#first/absent'), TypeError);
        module.exports = 'went on';
      },
      '#first/bad': (module) => {
        module.exports = 'half';
        throw new Error('no luck');
      },
    },
  });
  equal(program.exports, 'went on');
  deepEqual([...program.evaluated], ['#first/entry']);
});

test.run();
