#!/usr/bin/env node
// Packs every package as it would be published, lets publint look at each tarball, and starts klee from its own, which npm
// installs alone into an empty folder.
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), 'kleenet-packages-'));
try {
  execFileSync(join(root, 'script/pack.mjs'), [folder], { stdio: ['ignore', 'ignore', 'inherit'] });
  const counts = { passed: 0, failed: 0 };
  // The example is for tests of strangers' drivers, and is not published.
  const tarballs = readdirSync(folder).filter((name) => !name.includes('-macvlan-'));
  for (const tarball of tarballs) counts[(await check(tarball)) ? 'passed' : 'failed']++;
  const klee = tarballs.find((name) => name.startsWith('kleenet-cli-'));
  for (const [name, problem] of installedKlee(join(folder, klee))) {
    counts[problem === undefined ? 'passed' : 'failed']++;
    if (problem !== undefined) console.log(`klee as installed: ${name}: ${problem}`);
  }
  console.log(`${counts.passed} passed, ${counts.failed} failed`);
  process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}

async function check(tarball) {
  const data = readFileSync(join(folder, tarball));
  const tarballBuffer = data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength);
  const { messages: all, pkg } = await publint({ pack: { tarball: tarballBuffer }, strict: true });
  const messages = all.filter((message) => !isCore(message));
  for (const message of messages) console.log(`${tarball}: ${formatMessage(message, pkg)}`);
  return messages.length === 0;
}

/** The copy of core in the command line is not part of it, but a package that npm installs for plugins. */
function isCore({ code, args }) {
  return (
    code === 'NESTED_PACKAGE_JSON_FIELD_IGNORED' && args.filePath === './dist/core/package.json'
  );
}

/** Yields the name of each check, and what is wrong. */
function* installedKlee(tarball) {
  const project = join(folder, 'project');
  mkdirSync(project);
  writeFileSync(join(project, 'package.json'), '{ "private": true }');
  // Offline, with an empty cache: nothing but the tarball can be installed.
  execFileSync('npm', ['install', '--offline', '--no-audit', '--no-fund', tarball], {
    cwd: project,
    env: { ...process.env, npm_config_cache: join(folder, 'cache') },
    stdio: ['ignore', 'ignore', 2],
  });
  yield ['it has no code cache', codeCache(project)];
  for (const node of nodes()) {
    const name = execFileSync(node, ['--version'], { encoding: 'utf8' }).trim();
    if (hasSqlite(node)) {
      yield [name, failure(start(project, [node]))];
      yield [`${name} without SQLite`, untold(start(project, [node, '--no-experimental-sqlite']))];
    } else {
      yield [name, untold(start(project, [node]))];
      provide(project, join(root, 'packages/store-sqlite/node_modules/better-sqlite3'));
      yield [`${name} with better-sqlite3`, failure(start(project, [node]))];
      provide(project, another(project));
      yield [
        `${name} with another better-sqlite3`,
        untold(start(project, [node]), 'better-sqlite3 13.2.0'),
      ];
      rmSync(join(project, 'node_modules/better-sqlite3'));
    }
  }
}

/** A code cache is of one version of Node.js only. */
function codeCache(project) {
  const files = readdirSync(join(project, 'node_modules/@kleenet/cli'), {
    encoding: 'utf8',
    recursive: true,
  });
  return files.find((file) => file.endsWith('.cache'));
}

/** The Node.js that runs this, and the others that the tests run on. */
function nodes() {
  const others = ['node22', 'node24'].map((name) =>
    join(root, 'script/node-versions/node_modules', name, 'bin/node'),
  );
  return [process.execPath, ...others.filter(existsSync)];
}

function hasSqlite(node) {
  return spawnSync(node, ['-e', 'require("node:sqlite")']).status === 0;
}

/** Runs a command that writes to a new state directory. */
function start(project, node) {
  const klee = join(project, 'node_modules/.bin/klee');
  const state = mkdtempSync(join(folder, 'state-'));
  const words = [
    '--platform=memory',
    `--root=${state}/root`,
    'network',
    'create',
    '--subnet=10.0.0.0/24',
    'net',
  ];
  const [program, ...flags] = node;
  return spawnSync(program, [...flags, klee, ...words], { cwd: project, encoding: 'utf8' });
}

function failure({ status, stderr }) {
  return status === 0 && stderr === '' ? undefined : `exit status ${status}, ${stderr}`;
}

/** Without SQLite, klee says what is wrong, and which package has it. */
function untold({ status, stderr }, problem = 'this Node.js has no SQLite') {
  const hint = /\nhint: .*npm install better-sqlite3@\d+\.\d+\n$/;
  return status === 1 && stderr.startsWith(`error: ${problem}`) && hint.test(stderr)
    ? undefined
    : `exit status ${status}, ${stderr}`;
}

function provide(project, library) {
  const place = join(project, 'node_modules/better-sqlite3');
  rmSync(place, { force: true });
  symlinkSync(library, place);
}

/** A later better-sqlite3, as npm installs it when no version is named. It must not be loaded. */
function another(project) {
  const library = join(project, 'later');
  mkdirSync(library, { recursive: true });
  writeFileSync(join(library, 'package.json'), '{ "version": "13.2.0", "main": "index.js" }');
  writeFileSync(join(library, 'index.js'), 'process.abort()');
  return library;
}
