import { deepEqual, equal, rejects } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import { readSettings } from '../src/settings.ts';

const settings = suite('settings');
const folder = mkdtempSync(join(tmpdir(), 'klee-settings-'));
let files = 0;

settings.after(() => rmSync(folder, { recursive: true }));

function file(content: unknown): string {
  const path = join(folder, `${files++}.json`);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const empty = file({});

const TABLE = [
  ['Linux', {}, {}, 'linux', { platform: 'linux', root: '/var/lib/kleenet', commandPrefix: [] }],
  [
    'FreeBSD',
    {},
    {},
    'freebsd',
    { platform: 'freebsd', root: '/var/db/kleenet', commandPrefix: [] },
  ],
  [
    'a simulated host',
    { platform: 'memory' },
    { HOME: '/home/me', XDG_STATE_HOME: '/state' },
    'linux',
    { platform: 'memory', root: '/state/kleenet', commandPrefix: [] },
  ],
  [
    'the environment',
    {},
    { KLEE_PLATFORM: 'memory', KLEE_ROOT: '/r', KLEE_COMMAND_PREFIX: '["doas","-n"]' },
    'darwin',
    { platform: 'memory', root: '/r', commandPrefix: ['doas', '-n'] },
  ],
  [
    'an empty environment',
    {},
    { KLEE_PLATFORM: '', KLEE_ROOT: '', KLEE_COMMAND_PREFIX: '' },
    'linux',
    { platform: 'linux', root: '/var/lib/kleenet', commandPrefix: [] },
  ],
  [
    'options over the environment',
    { platform: 'linux', root: '/o', commandPrefix: '[]' },
    { KLEE_PLATFORM: 'memory', KLEE_ROOT: '/r', KLEE_COMMAND_PREFIX: '["doas"]' },
    'linux',
    { platform: 'linux', root: '/o', commandPrefix: [] },
  ],
  [
    'the file',
    {
      config: file({
        platform: 'memory',
        root: '/f',
        commandPrefix: ['sudo'],
        plugins: ['/p'],
        logLimit: 65_536,
      }),
    },
    {},
    'linux',
    { platform: 'memory', root: '/f', commandPrefix: ['sudo'], plugins: ['/p'], logLimit: 65_536 },
  ],
  [
    'the environment over the file',
    { config: file({ root: '/f', platform: 'freebsd' }) },
    { KLEE_ROOT: '/r', KLEE_PLATFORM: 'auto' },
    'linux',
    { platform: 'linux', root: '/r', commandPrefix: [] },
  ],
] as const;

for (const [name, globals, environment, system, expected] of TABLE) {
  settings(name, async () =>
    deepEqual(await readSettings({ config: empty, ...globals }, environment, system), {
      plugins: [],
      ...expected,
    }),
  );
}

const REFUSED = [
  ['an unknown platform', { platform: 'windows' }, {}, /"windows" is not a platform/],
  [
    'a prefix that is not JSON',
    {},
    { KLEE_COMMAND_PREFIX: 'doas' },
    /KLEE_COMMAND_PREFIX is not a JSON array of words/,
  ],
  ['a prefix that is not an array', {}, { KLEE_COMMAND_PREFIX: '{"a":1}' }, /not a JSON array/],
  ['a prefix with an empty word', {}, { KLEE_COMMAND_PREFIX: '["doas",""]' }, /not a JSON array/],
  ['a file that is not there', { config: join(folder, 'none.json') }, {}, /cannot be read/],
  ['a file that is not JSON', { config: file('{') }, {}, /is not JSON/],
  ['a field that nobody knows', { config: file({ rot: '/x' }) }, {}, /rot: /],
  ['a relative plugin', { config: file({ plugins: ['x'] }) }, {}, /plugins\.0: is not an absolute/],
  [
    'a log without room',
    { config: file({ logLimit: 65_535 }) },
    {},
    /logLimit: is less than 65536/,
  ],
  ['a log of words', { config: file({ logLimit: '1m' }) }, {}, /logLimit: /],
  ['a relative root', { config: file({ root: 'x' }) }, {}, /root: is not an absolute path/],
  [
    'all problems at once',
    { config: file({ root: 1, platform: 'x' }) },
    {},
    /root: .*; platform: /,
  ],
  ['an array', { config: file([]) }, {}, /is invalid/],
] as const;

for (const [name, globals, environment, message] of REFUSED) {
  settings(`refuses ${name}`, async () => {
    await rejects(readSettings({ config: empty, ...globals }, environment, 'linux'), message);
  });
}

settings('refuses a file that never ends, or is not a plain file', async () => {
  const fifo = join(folder, 'fifo');
  spawnSync('mkfifo', [fifo]);
  for (const config of [fifo, '/dev/zero', folder]) {
    await rejects(readSettings({ config }, {}, 'linux'), {
      code: 'INVALID_ARGUMENT',
      message: /cannot be read: it is not a regular file/,
    });
  }
});

settings(
  'a state directory behind a link is known by its own path, whether or not it is there',
  async () => {
    const real = join(realpathSync(folder), 'real');
    mkdirSync(join(real, 'state'), { recursive: true });
    symlinkSync(real, join(folder, 'link'));
    for (const [root, expected] of [
      [join(folder, 'link', 'state'), join(real, 'state')],
      [join(folder, 'link', 'new', 'state'), join(real, 'new', 'state')],
      [join(folder, 'link'), real],
    ] as const) {
      equal((await readSettings({ config: empty, root }, {}, 'linux')).root, expected);
    }
  },
);

settings('refuses a system that it does not know', async () => {
  await rejects(readSettings({ config: empty }, {}, 'darwin'), { code: 'PLATFORM_UNSUPPORTED' });
});

settings.run();
