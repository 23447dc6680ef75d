/** bin/klee: which klee it runs, seen with stand-ins for both. */
import { deepEqual, equal, match } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import { KLEE } from './support/klee.ts';

const BUILD = '0123456789ab';
const STARTS = `#!/bin/sh
echo "executable $*, started by $KLEE_STARTED_BY"
`;
/** Like an executable for another processor. */
const FAILS = `#!/bin/sh
kill -ILL $$
`;
/** Like Bun with settings that it cannot use. */
const DEPENDS = `#!/bin/sh
[ -z "\${BUN_OPTIONS+x}\${BUN_BE_BUN+x}" ] || exit 1
echo "executable $*"
`;

/** Like Bun, which takes settings of its compiler from the environment. */
const COMPILES = `#!/bin/sh
[ "$*" = --help ] || echo "compiles: \${BUN_JSC_useJIT-yes}"
`;

const test = suite<{ top: string; start: (how?: How) => Started }>('launcher');

interface How {
  readonly as?: string;
  readonly words?: string;
  readonly runtime?: string;
  readonly settings?: NodeJS.ProcessEnv;
}

interface Started {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

test.before.each((context) => {
  const top = mkdtempSync(join(tmpdir(), 'klee-launcher-'));
  const dist = join(top, 'packages/cli/dist');
  mkdirSync(join(dist, 'executable'), { recursive: true });
  mkdirSync(join(top, 'bin'));
  copyFileSync(KLEE, join(top, 'bin/klee'));
  writeFileSync(join(dist, 'build'), `${BUILD}\n`);
  writeFileSync(
    join(dist, 'klee.js'),
    'console.log(`node ${process.argv.slice(2)}, started by ${process.env.KLEE_STARTED_BY}`)',
  );
  context.top = top;
  context.start = ({
    as = join(top, 'bin/klee'),
    words = 'a b',
    runtime = '',
    settings = {},
  } = {}) => {
    const { status, stdout, stderr } = spawnSync(as, words.split(' '), {
      cwd: join(top, 'bin'),
      env: { ...process.env, ...settings, KLEE_RUNTIME: runtime },
      encoding: 'utf8',
    });
    return { status, stdout, stderr };
  };
});
test.after.each(({ top }) => rmSync(top, { recursive: true }));

function placeExecutable(top: string, text: string, build = BUILD): void {
  const path = join(top, 'packages/cli/dist/executable', `klee-${build}`);
  writeFileSync(path, text, { mode: 0o755 });
}

const ON_NODE = 'node a,b, started by undefined\n';

test('the executable of this build, which learns how to start klee again', ({ top, start }) => {
  placeExecutable(top, STARTS);
  const stdout = `executable a b, started by ${top}/bin/klee\n`;
  deepEqual(start(), { status: 0, stdout, stderr: '' });
  deepEqual(start(), { status: 0, stdout, stderr: '' });
});

test('links lead to it, and stay the name by which it is started', ({ top, start }) => {
  placeExecutable(top, STARTS);
  mkdirSync(join(top, 'path'));
  symlinkSync('../bin/klee', join(top, 'path/one'));
  symlinkSync('one', join(top, 'path/two'));
  const as = join(top, 'path/two');
  equal(start({ as }).stdout, `executable a b, started by ${as}\n`);
  equal(start({ as: './klee' }).stdout, `executable a b, started by ${top}/bin/./klee\n`);
  equal(start({ as, runtime: 'node' }).stdout, ON_NODE);
});

test('short commands are run as they are, and those on many objects compiled', ({ top, start }) => {
  placeExecutable(top, COMPILES);
  for (const words of ['network connect n c', 'network rm prune', 'prune'])
    equal(start({ words }).stdout, 'compiles: 0\n', words);
  for (const words of ['system check', 'plugin test .', 'image import x', 'container prune'])
    equal(start({ words }).stdout, 'compiles: yes\n', words);
});

test('an executable of another build is not run', ({ top, start }) => {
  placeExecutable(top, STARTS, 'fedcba987654');
  deepEqual(start(), { status: 0, stdout: ON_NODE, stderr: '' });
  const { status, stdout, stderr } = start({ runtime: 'executable' });
  deepEqual([status, stdout], [0, ON_NODE]);
  match(stderr, /^klee: there is no executable of this build: .*script\/executable.*\n$/);
});

test('Node.js takes over where it does not start, which is said once', ({ top, start }) => {
  placeExecutable(top, FAILS);
  const { status, stdout, stderr } = start();
  deepEqual([status, stdout], [0, ON_NODE]);
  match(
    stderr,
    /^klee: the executable does not start on this machine \(status 132\): .*\nhint: remove .*\.starts .*\n$/,
  );
  deepEqual(start(), { status: 0, stdout: ON_NODE, stderr: '' });
});

test('an executable that does not start and was asked for is never passed over in silence', ({
  top,
  start,
}) => {
  placeExecutable(top, FAILS);
  start();
  const { status, stdout, stderr } = start({ runtime: 'executable' });
  deepEqual([status, stdout], [0, ON_NODE]);
  match(stderr, /^klee: the executable of this build does not start here: .*\n$/);
});

test('a machine without an id has its answer, too', ({ top, start }) => {
  const script = join(top, 'bin/klee');
  writeFileSync(script, readFileSync(script, 'utf8').replaceAll('/etc/', `${top}/etc/`));
  placeExecutable(top, FAILS);
  match(start().stderr, /^klee: the executable does not start/);
  deepEqual(start(), { status: 0, stdout: ON_NODE, stderr: '' });
});

test('settings of Bun neither reach the executable, nor decide whether it starts', ({
  top,
  start,
}) => {
  placeExecutable(top, DEPENDS);
  const started = start({ settings: { BUN_OPTIONS: '--nonsense', BUN_BE_BUN: '1' } });
  deepEqual(started, { status: 0, stdout: 'executable a b\n', stderr: '' });
});

test('Node.js, where that is chosen', ({ top, start }) => {
  placeExecutable(top, STARTS);
  deepEqual(start({ runtime: 'node' }), { status: 0, stdout: ON_NODE, stderr: '' });
});

test('a runtime that there is not is refused, and nothing runs', ({ start }) => {
  const { status, stdout, stderr } = start({ runtime: 'bun' });
  deepEqual([status, stdout], [2, '']);
  match(stderr, /^error: KLEE_RUNTIME is 'bun'.*\nhint: .*\n$/);
});

test.run();
