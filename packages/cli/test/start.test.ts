/** What a short command reads, loads and keeps to start fast. Times are in docs/performance.md, and not in a test. */
import { deepEqual, equal, ok } from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { suite } from 'uvu';
import { TREE } from '../src/commands/index.ts';
import { isNarrow } from '../src/render/width.ts';
import { World } from './support/klee.ts';

const PACKAGE = join(import.meta.dirname, '..');
const DIST = join(PACKAGE, 'dist');

/** Writes which files a program has read, and which modules of Node.js it has loaded. */
const RECORDER = `
const fs = require('node:fs');
const { readFileSync } = fs;
const files = [];
fs.readFileSync = (path, ...rest) => {
  files.push(String(path));
  return readFileSync(path, ...rest);
};
process.on('exit', () =>
  fs.writeFileSync(process.env.RECORD, JSON.stringify({ files, modules: process.moduleLoadList })));
`;

/** Writes what is done for code caches, in a folder that cannot be written to if READ_ONLY is set. */
const CACHE_RECORDER = `
const fs = require('node:fs');
const { Script } = require('node:vm');
const steps = [];
const isCache = (path) => String(path).includes('.cache.');
const watch = (of, name, before) => {
  const real = of[name];
  of[name] = function (...words) {
    before(...words);
    return real.apply(this, words);
  };
};
watch(fs, 'openSync', (path) => {
  if (isCache(path) && process.env.READ_ONLY) throw Object.assign(new Error(), { code: 'EROFS' });
});
watch(Script.prototype, 'createCachedData', () => steps.push('make'));
watch(fs, 'fsyncSync', () => steps.push('synchronise'));
watch(fs, 'renameSync', (from) => isCache(from) && steps.push('rename'));
process.on('exit', () => fs.writeFileSync(process.env.RECORD, JSON.stringify(steps)));
`;

/** Modules of Node.js that need a millisecond or more, with what they load themselves. */
const DEAR = [
  'child_process',
  'crypto',
  'module',
  'net',
  'perf_hooks',
  'readline',
  'stream',
  'zlib',
];

interface Recorded {
  readonly files: readonly string[];
  readonly modules: readonly string[];
}

interface Context {
  folder: string;
  /** A copy of klee whose folder is writable, without code caches. */
  dist: string;
  klee: (words: string, platform?: string) => string;
  record: (script: string, words: string) => Recorded;
  /** What a command does for code caches. */
  caching: (words: string, environment?: NodeJS.ProcessEnv) => readonly string[];
}

const test = suite<Context>('start');

test.before.each((context) => {
  const folder = mkdtempSync(join(tmpdir(), 'klee-start-'));
  const dist = join(folder, 'dist');
  mkdirSync(dist);
  for (const name of readdirSync(DIST).filter((file) => /\.js(on)?$/.test(file)))
    copyFileSync(join(DIST, name), join(dist, name));
  copyFileSync(join(PACKAGE, 'package.json'), join(folder, 'package.json'));
  symlinkSync(join(PACKAGE, 'node_modules'), join(folder, 'node_modules'));
  writeFileSync(join(folder, 'recorder.cjs'), RECORDER);
  writeFileSync(join(folder, 'cache-recorder.cjs'), CACHE_RECORDER);
  writeFileSync(join(folder, 'empty.cjs'), '');
  const run = (argv: readonly string[], environment: NodeJS.ProcessEnv): string => {
    const { stdout, stderr } = spawnSync(process.execPath, argv, {
      encoding: 'utf8',
      env: {
        ...process.env,
        KLEE_ROOT: join(folder, 'state'),
        // Plugins of this machine would be looked for and loaded, too.
        KLEE_PLUGIN_DIRECTORY: join(folder, 'plugins'),
        ...environment,
      },
    });
    equal(stderr, '');
    return stdout;
  };
  Object.assign(context, {
    folder,
    dist,
    klee: (words: string) =>
      run([join(dist, 'klee.js'), ...words.split(' ')], { KLEE_PLATFORM: 'memory' }),
    record: (script: string, words: string) => {
      const RECORD = join(folder, 'record.json');
      run(['-r', join(folder, 'recorder.cjs'), script, ...words.split(' ')], { RECORD });
      return JSON.parse(readFileSync(RECORD, 'utf8')) as Recorded;
    },
    caching: (words: string, environment: NodeJS.ProcessEnv = {}) => {
      const RECORD = join(folder, 'record.json');
      const argv = ['-r', join(folder, 'cache-recorder.cjs'), join(dist, 'klee.js')];
      run([...argv, ...words.split(' ')], { RECORD, ...environment });
      return JSON.parse(readFileSync(RECORD, 'utf8')) as readonly string[];
    },
  });
});

test.after.each(({ folder }) => rmSync(folder, { recursive: true }));

/** The names of the packs among files. */
function packs(files: readonly string[]): readonly string[] {
  return files.flatMap((file) => /^(\w+)-[0-9a-f]{8}\.js$/.exec(basename(file))?.[1] ?? []);
}

/** The parts whose code a cache has. */
function covered(dist: string, use: string): readonly string[] {
  const name = readdirSync(dist).find(
    (file) => file.startsWith('program-') && file.endsWith(`.${use}.cache`),
  );
  ok(name, `a cache for ${use}`);
  const text = readFileSync(join(dist, name), 'latin1');
  return [...text.slice(text.lastIndexOf('#program/process')).matchAll(/#\w+\/[\w-]+/g)].map(
    String,
  );
}

test('a list reads one pack, and none that changes something', ({ dist, record }) => {
  deepEqual(packs(record(join(dist, 'klee.js'), 'network ls').files), ['program']);
  deepEqual(packs(record(join(dist, 'klee.js'), '--version').files), []);
});

test('a list loads no dear module of Node.js', ({ dist, folder, record }) => {
  const own = new Set(record(join(folder, 'empty.cjs'), '').modules);
  const { modules } = record(join(dist, 'klee.js'), 'network ls');
  const loaded = modules.filter((module) => !own.has(module));
  deepEqual(
    loaded.filter((module) => DEAR.some((name) => module === `NativeModule ${name}`)),
    [],
  );
});

test('what a list reads is small', ({ dist }) => {
  const size = (prefix: string): number =>
    statSync(join(dist, readdirSync(dist).find((file) => file.startsWith(prefix)) ?? '')).size;
  ok(size('klee.js') < 5_000, `${size('klee.js')} bytes`);
  ok(size('program-') < 215_000, `${size('program-')} bytes`);
});

test('the code cache comes to have what the commands of a machine need', ({ dist, klee }) => {
  klee('network create --subnet=10.0.0.0/24 first');
  ok(covered(dist, 'changing').some((part) => part.startsWith('#commands/create-')));
  klee('network rm first');
  const parts = covered(dist, 'changing');
  ok(parts.some((part) => part.startsWith('#commands/create-')));
  ok(parts.some((part) => part.startsWith('#commands/rm-')));
  klee('network ls');
  ok(!covered(dist, 'reading').some((part) => part.startsWith('#commands/rm-')));
});

test('help has a code cache of its own', ({ dist, klee }) => {
  klee('network rm --help');
  ok(covered(dist, 'help').some((part) => part.startsWith('#rest/help-')));
  deepEqual(
    readdirSync(dist).filter((file) => /\.(changing|reading)\.cache$/.test(file)),
    [],
  );
});

test('help has no character that takes two columns, for the build does not measure any', async () => {
  const world = new World();
  for (const path of TREE.paths) {
    const help = await world.ok([...path.split(' '), '--help']);
    deepEqual(
      help.split('\n').filter((line) => !isNarrow(line)),
      [],
      path,
    );
  }
  world.remove();
});

test('a code cache that covers the command is left alone', ({ dist, klee }) => {
  const times = (): readonly number[] =>
    readdirSync(dist)
      .filter((file) => file.endsWith('.cache'))
      .map((file) => statSync(join(dist, file)).ino);
  klee('network ls');
  const before = times();
  ok(before.length > 0);
  klee('network ls');
  deepEqual(times(), before);
});

test('a code cache gets its name when it is on the disk: V8 may end klee with half of one', ({
  caching,
}) => {
  deepEqual(caching('network ls'), ['make', 'synchronise', 'rename']);
});

test('where no code cache can be written, none is made', ({ caching }) => {
  deepEqual(caching('network ls', { READ_ONLY: '1' }), []);
});

test('a damaged code cache is replaced', ({ dist, klee }) => {
  const expected = klee('network ls');
  const names = readdirSync(dist).filter((file) => file.endsWith('.cache'));
  for (const text of ['', 'x', 'xxxxx', '\xff\xff\xff\xff', `${'x'.repeat(1000)}\x04\0\0\0`]) {
    for (const name of names) writeFileSync(join(dist, name), text, 'latin1');
    equal(klee('network ls'), expected);
    for (const name of names) ok(statSync(join(dist, name)).size > 5_000, name);
  }
});

test.run();
