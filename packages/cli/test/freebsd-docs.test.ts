/** Runs the commands of the documentation that are for FreeBSD on a model of a host, and compares what they print. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { suite } from 'uvu';
import { FreebsdWorld } from './support/freebsd.ts';
import type { Finished } from './support/klee.ts';
import { findPages, idsOf, patternOf, refusalOf, stepsOf } from './support/markdown.ts';
import type { Step } from './support/markdown.ts';

const docs = suite('documentation for FreeBSD');
const pages = findPages().map((page) => ({ page, steps: stepsOf(page, 'console freebsd') }));

docs('there are commands to run', () => {
  ok(pages.some(({ page, steps }) => page === 'docs/freebsd.md' && steps.length > 0));
});

for (const { page, steps } of pages.filter(({ steps }) => steps.length > 0)) {
  docs(page, async () => {
    const world = new FreebsdWorld();
    try {
      const before = await world.host.inspect();
      const ids = new Map<string, string>();
      for (const step of steps) await take(world, step, ids);
      const { interfaces, sandboxes } = await world.host.inspect();
      deepEqual(
        { interfaces, sandboxes },
        { interfaces: before.interfaces, sandboxes: before.sandboxes },
      );
    } finally {
      world.remove();
    }
  });
}

/** Runs a step and verifies it. Ids that it prints stand for those of the page from then on. */
async function take(world: FreebsdWorld, step: Step, ids: Map<string, string>): Promise<void> {
  const command = step.command.replace(/[0-9a-f]{12}(?![0-9a-f])/g, (id) => ids.get(id) ?? id);
  const [program = '', ...words] = wordsOf(command);
  const { status, stdout, stderr } = await (program === 'klee'
    ? world.klee(words)
    : runOnHost(world, [program, ...words]));
  const told = `$ ${command}\n${stdout}${stderr}exit status ${status}`;
  const refusal = refusalOf(step);
  if (refusal === undefined) equal(status, 0, told);
  else {
    ok(status !== 0, `was not refused: ${told}`);
    match(stderr, refusal, `says something else: ${told}`);
  }
  if (step.output.length === 0) return;
  const printed = patternOf(step).exec(`${stdout}${stderr}`);
  ok(printed !== null, `prints something else: ${told}`);
  idsOf(step).forEach((id, index) => ids.set(id, printed[index + 1] ?? ''));
}

async function runOnHost(
  world: FreebsdWorld,
  argv: readonly [string, ...string[]],
): Promise<Finished> {
  const { status, stdout, stderr } = await world.host
    .process()
    .commands.read(argv, { accept: 'any' });
  return { status, stdout, stderr };
}

/** The words of a command line without variables, pipes and the like. */
function wordsOf(command: string): string[] {
  ok(!/[$|;&<>*`\\]/.test(command.replace(/'[^']*'/g, '')), `is not plain: ${command}`);
  const words = command.match(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g) ?? [];
  return words.map((word) => word.replace(/'([^']*)'|"([^"]*)"/g, '$1$2'));
}

docs.run();
