/**
 * An author who follows the guide, command by command, from tarballs alone: at the end a driver is tested, and two
 * containers talk to each other.
 */
import { deepEqual, equal, match } from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import { trustedFolder } from '../../../host/test/support/plugins.ts';
import { finished } from '../support/klee.ts';
import type { Finished } from '../support/klee.ts';
import { TOP } from '../support/markdown.ts';
import { nodeWithSqlite, serveTools } from '../support/packed.ts';

const PAGE = readFileSync(join(TOP, 'docs/writing-a-driver.md'), 'utf8');
const test = suite('the commands of the guide for authors');

const folder = trustedFolder();
const place = (name: string): string => {
  mkdirSync(join(folder, name));
  return join(folder, name);
};
const [work, bin] = [place('work'), place('bin')];
const registry = await serveTools(place('tools'));

test.after(() => {
  registry.close();
  rmSync(folder, { recursive: true });
});

// This is root already; sudo(8) is not installed everywhere.
writeFileSync(join(bin, 'sudo'), '#!/bin/sh\nexec "$@"\n', { mode: 0o755 });

const { NODE_EXTRA_CA_CERTS: _, npm_config_offline: __, ...inherited } = process.env;
const environment = {
  ...inherited,
  HOME: folder,
  PATH: [bin, join(folder, 'global/bin'), dirname(nodeWithSqlite()), inherited['PATH']].join(':'),
  KLEE_ROOT: join(folder, 'state'),
  KLEE_PLUGIN_DIRECTORY: join(folder, 'plugins'),
  NODE_OPTIONS: '--test-reporter=tap',
  npm_config_prefix: join(folder, 'global'),
  npm_config_cache: join(folder, 'npm'),
  npm_config_registry: registry.url,
  npm_config_audit: 'false',
  npm_config_fund: 'false',
};

/** The commands of the page between two of its texts, in order. */
function blocks(from: string, to: string): readonly string[] {
  const [start, end] = [PAGE.indexOf(from), PAGE.indexOf(to)];
  equal(start >= 0 && end > start, true, `the page has ${from} before ${to}`);
  return [...PAGE.slice(start, end).matchAll(/^```sh\n(.*?)^```$/gms)].map(([, text = '']) => text);
}

/** pnpm comes from where npm has kept it for this user; klee's own tarball needs nothing else. */
const inClone = {
  ...environment,
  npm_config_cache: join(userInfo().homedir, '.npm'),
  npm_config_userconfig: join(userInfo().homedir, '.npmrc'),
  npm_config_offline: 'true',
  npm_config_registry: inherited['npm_config_registry'],
};

/** Types commands into a shell, which ends at the first that fails; so do shells that it starts. */
function typed(commands: string, cwd: string): Promise<Finished> {
  const env = cwd === TOP ? inClone : environment;
  const shell = spawn('bash', [], { cwd, env, stdio: ['pipe', 'pipe', 'pipe'] });
  const end = finished(shell);
  shell.stdin.end(`set -e\nexport SHELLOPTS\n${commands}`);
  return end;
}

async function ok(commands: string, cwd: string): Promise<string> {
  const { status, stdout, stderr } = await typed(commands, cwd);
  equal(
    status,
    0,
    (stdout.match(/^not ok.*\n(?:  .*\n){0,30}/gm) ?? []).join('') +
      stdout.slice(-2000) +
      stderr.slice(-2000),
  );
  return stdout;
}

const [packing = '', ...first] = blocks('## 1. ', '## 2. ');

test('tarballs are made in a clone, and klee is installed from its own', async () => {
  await ok(packing, TOP);
  match(spawnSync('klee', ['--version'], { env: environment, encoding: 'utf8' }).stdout, /^\d+\./);
});

test('a package that works: it is tested, added, and used on the simulated host', async () => {
  const printed = await ok(first.join(''), work);
  match(printed, /^# pass [1-9]\d+$/m);
  match(printed, /^# fail 0$/m);
  match(printed, /^driver mynet keeps the contract on the simulated host: /m);
  match(printed, /10\.1\.0\.1/);
});

test('without a data plane for this platform the driver is refused, in the words of the page', async () => {
  const { status, stderr } = await typed('klee create --driver mynet --name early host true', work);
  equal(status, 1);
  const [, sentence = ''] = /^error: (.*)$/m.exec(stderr) ?? [];
  equal(PAGE.includes(`\`${sentence}\``), true, stderr);
  equal(await ok('klee container ls --quiet', work), '');
});

test('what tarballs need in turn is found among them', async () => {
  const [, command = ''] = /`(npm install --save-dev ~\S+)`/.exec(PAGE) ?? [];
  await ok(`cd kleenet-driver-mynet\n${command}\nnpm ls --all`, work);
  const lock = readFileSync(join(work, 'kleenet-driver-mynet/package-lock.json'), 'utf8');
  const { packages } = JSON.parse(lock) as { packages: Record<string, { resolved?: string }> };
  const own = Object.entries(packages).filter(([path]) => path.includes('node_modules/@kleenet/'));
  deepEqual(
    own.filter(([, { resolved = '' }]) => !resolved.startsWith('file:')),
    [],
  );
});

test('the packets pass between two containers', async () => {
  const commands = blocks('**The packets.**', '## 6. ').join('');
  match(await ok(commands, work), /^hello from c1$/m);
});

test.run();
