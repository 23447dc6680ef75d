/** Runs every command of the documentation, in the order of each page, and compares what it prints. */
import { equal, match, ok } from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import { TOP, findPages, patternOf, refusalOf, stepsOf } from '../support/markdown.ts';
import type { Step } from '../support/markdown.ts';

/** One bash for a page, because commands may set variables that later ones use. */
const RUN_STEPS = `
for step in "$@"; do
  eval "$(cat "$step.command")" >"$step.stdout" 2>"$step.stderr" </dev/null
  echo $? >"$step.status"
done`;

const docs = suite('documentation');
const pages = findPages().map((page) => ({ page, steps: stepsOf(page) }));

docs('there are commands to run', () => {
  ok(pages.some(({ page, steps }) => page === 'README.md' && steps.length > 0));
});

for (const { page, steps } of pages.filter(({ steps }) => steps.length > 0)) {
  docs(page, () => {
    const before = interfaces();
    const folder = join('/run/docs', page);
    const files = steps.map((_, index) => join(folder, `step-${index}`));
    for (const name of ['home', 'work']) mkdirSync(join(folder, name), { recursive: true });
    steps.forEach(({ command }, index) => writeFileSync(`${files[index]}.command`, command));
    execFileSync('bash', ['-c', RUN_STEPS, 'docs', ...files], {
      cwd: join(folder, 'work'),
      env: {
        ...process.env,
        PATH: `${join(TOP, 'bin')}:${process.env['PATH']}`,
        HOME: join(folder, 'home'),
        KLEE_ROOT: join(folder, 'state'),
      },
      stdio: 'ignore',
    });
    steps.forEach((step, index) => verify(step, files[index] ?? ''));
    equal(interfaces(), before, 'the page leaves interfaces behind');
  });
}

function interfaces(): string {
  return execFileSync('ip', ['-br', 'link'], { encoding: 'utf8' }).replace(/ .*/g, '');
}

function verify(step: Step, file: string): void {
  const [status, stdout, stderr] = ['status', 'stdout', 'stderr'].map((name) =>
    readFileSync(`${file}.${name}`, 'utf8'),
  );
  const told = `$ ${step.command}\n${stdout}${stderr}exit status ${status}`;
  const refusal = refusalOf(step);
  if (refusal === undefined) equal(status, '0\n', told);
  else {
    ok(status !== '0\n', `was not refused: ${told}`);
    match(stderr ?? '', refusal, `says something else: ${told}`);
  }
  if (step.output.length > 0)
    match(`${stdout}${stderr}`, patternOf(step), `prints something else: ${told}`);
}

docs.run();
