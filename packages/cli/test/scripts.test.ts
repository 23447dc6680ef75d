/** The shell scripts of the repository, as far as they can be tried without a host. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import { TOP } from './support/markdown.ts';

const scripts = suite('scripts');
const folder = mkdtempSync(join(tmpdir(), 'klee-scripts-'));
scripts.after(() => rmSync(folder, { recursive: true }));

const names = readdirSync(join(TOP, 'script'), { withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map(({ name }) => join('script', name))
  .filter((path) => readFileSync(join(TOP, path), 'utf8').startsWith('#!/bin/sh\n'));

scripts('are there', () => {
  for (const name of ['bootstrap', 'demo', 'freebsd-acceptance', 'test'])
    ok(names.includes(`script/${name}`), name);
});

for (const name of names) {
  scripts(`${name} is written for any POSIX shell`, () => {
    const { status, stderr } = spawnSync('/bin/sh', ['-n', join(TOP, name)], { encoding: 'utf8' });
    equal(`${status} ${stderr}`, '0 ');
  });
}

scripts(
  'the acceptance of a FreeBSD host goes through the prefix, and ends where that leads elsewhere',
  () => {
    const place = join(folder, "it's elsewhere");
    const log = join(folder, 'log');
    mkdirSync(place);
    writeFileSync(join(place, 'carry'), `#!/bin/sh\nprintf '<%s>' "$@" >>'${log}'\necho 6.18.0\n`, {
      mode: 0o755,
    });
    const { status, stdout, stderr } = acceptance(['--klee', 'klee'], {
      KLEE_COMMAND_PREFIX: JSON.stringify([join(place, 'carry'), 'a "b" $c']),
    });
    equal(status, 2);
    equal(stdout, '');
    match(stderr, /not FreeBSD/);
    equal(readFileSync(log, 'utf8'), '<a "b" $c><sysctl><-n><kern.osrelease>');
    deepEqual(readdirSync(folder).toSorted(), ["it's elsewhere", 'log']);
  },
);

scripts(
  'the acceptance of a FreeBSD host explains itself, and refuses what it does not know',
  () => {
    match(acceptance(['--help']).stdout, /nat-anchor "klee\/\*"/);
    for (const words of [['--nosuch'], ['--klee']]) {
      const { status, stderr } = acceptance(words);
      equal(status, 2);
      match(stderr, /^usage: /);
    }
    const { status } = acceptance(['--klee', 'klee'], { KLEE_COMMAND_PREFIX: '{}' });
    equal(status, 2);
  },
);

function acceptance(
  words: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  return spawnSync('/bin/sh', [join(TOP, 'script/freebsd-acceptance'), ...words], {
    env: { PATH: process.env['PATH'], KLEE_ACCEPTANCE_DIR: folder, ...environment },
    encoding: 'utf8',
  });
}

scripts.run();
