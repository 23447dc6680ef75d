// Makes klee one file: the program and the files that belong to it, compiled with Bun, which runs them.
//   executable.mjs           dist/executable/klee-BUILD, which bin/klee runs on this machine; done if it is there
//   executable.mjs TARGET…   dist/executable/klee-TARGET and its checksum, to give away
// The runtime for this machine is an installed package; one for another target is fetched, and must be the locked one.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readFile, readdir, rename, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { bundle, common, dist, executables, here, localName } from './bundle.mjs';
import { bundlePacks } from './packs.mjs';

const top = join(here, '../..');
const installed = createRequire(join(top, 'script/bun/package.json'));

/** The names of Bun's targets and packages are `bun-` and these. */
const TARGETS = {
  'freebsd-arm64': 'freebsd-aarch64',
  'freebsd-x64': 'freebsd-x64',
  'linux-arm64': 'linux-aarch64',
  'linux-x64': 'linux-x64',
};
const WORK = '.work-';
const machine = `${process.platform}-${process.arch}`;

/** The folder of the package's files in the executable; Bun puts embedded files below its parent. */
const INSIDE = '/$bunfs/root/dist';

/** What whoever builds can do something about; it must not keep the folder of the build from being removed. */
class Failure extends Error {}

const targets = process.argv.slice(2);
const unknown = targets.find((target) => !Object.hasOwn(TARGETS, target));
if (unknown !== undefined)
  fail(`there is no target ${unknown}; there are: ${Object.keys(TARGETS).join(', ')}`, 2);
const local = join(executables, localName((await readFile(join(dist, 'build'), 'utf8')).trim()));
if (targets.length === 0 && existsSync(local)) process.exit();
const bun = findRuntime(machine);
if (bun === undefined)
  fail(
    `no runtime for ${machine} is installed: 'script/pnpm install' brings it where there is one`,
    3,
  );

await mkdir(executables, { recursive: true });
await removeAbandoned();
const work = await mkdtemp(join(executables, WORK));
try {
  await writeSources();
  if (targets.length === 0) await rename(compile(machine, bun), local);
  for (const target of targets) await makeFor(target);
} catch (error) {
  if (!(error instanceof Failure)) throw error;
  console.error(`executable: ${error.message}`);
  process.exitCode = 1;
} finally {
  await rm(work, { recursive: true, force: true });
}

function fail(message, status) {
  console.error(`executable: ${message}`);
  process.exit(status);
}

/** Folders of builds that were killed: no build takes an hour. */
async function removeAbandoned() {
  for (const name of (await readdir(executables)).filter((one) => one.startsWith(WORK))) {
    const path = join(executables, name);
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats !== undefined && stats.mtimeMs < Date.now() - 3_600_000)
      await rm(path, { recursive: true, force: true });
  }
}

/** The path of an installed runtime. */
function findRuntime(target) {
  const path = installed.resolve
    .paths('x')
    .map((folder) => join(folder, packageOf(target), 'bin/bun'));
  return path.find((one) => existsSync(one));
}

function packageOf(target) {
  return `@oven/bun-${TARGETS[target]}`;
}

/** The same program as for Node.js, but for the place of its files. */
async function writeSources() {
  const { entry: first, texts } = await bundlePacks();
  const names = [...texts.keys()];
  const openers = names.map((name) => `${name}:()=>require("./${name}.js")`);
  const entry = await bundle({
    entryPoints: ['src/executable.ts'],
    define: {
      'import.meta.dirname': JSON.stringify(INSIDE),
      'import.meta.filename': JSON.stringify(`${INSIDE}/klee.js`),
      PROGRAM: JSON.stringify(first),
    },
    banner: { js: `var PACKS={${openers.join()}};` },
    // Plugins are ES modules: here `import()` stays what it is.
    supported: {},
  });
  for (const [name, text] of texts)
    await writeFile(join(work, `${name}.js`), `module.exports=${text}`);
  await writeFile(join(work, 'main.js'), entry.text);
  await mkdir(join(work, 'dist'));
  for (const name of ['core', 'plugin-template.json'])
    await cp(join(dist, name), join(work, 'dist', name), { recursive: true });
  await cp(join(here, 'package.json'), join(work, 'package.json'));
  await writeFile(join(work, 'dist/THIRD-PARTY-LICENSES'), await licenses());
}

async function licenses() {
  const { version } = JSON.parse(await readFile(join(dirname(bun), '../package.json'), 'utf8'));
  const runtime = `Bun ${version} (MIT), with JavaScriptCore (LGPL-2.1) and other libraries\n\nhttps://bun.com/docs/project/license\n`;
  const others = await readFile(join(dist, 'THIRD-PARTY-LICENSES'), 'utf8');
  return `${runtime}\n${'-'.repeat(80)}\n\n${others}`;
}

async function makeFor(target) {
  const runtime = findRuntime(target) ?? (await fetchRuntime(target));
  const made = compile(target, runtime);
  const sum = createHash('sha256')
    .update(await readFile(made))
    .digest('hex');
  const path = join(executables, `klee-${target}`);
  await writeFile(`${made}.sha256`, `${sum}  klee-${target}\n`);
  await rename(made, path);
  await rename(`${made}.sha256`, `${path}.sha256`);
  console.log(path);
}

/**
 * Bun downloads no runtime when it is given one. The executable reads no settings of Bun where it runs; of a plugin's
 * packages it must read package.json, which says where their code is.
 */
function compile(target, runtime) {
  const { error, status, signal } = spawnSync(
    bun,
    [
      'build',
      '--compile',
      `--target=bun-${TARGETS[target].replace('aarch64', 'arm64')}`,
      `--compile-executable-path=${runtime}`,
      '--no-compile-autoload-dotenv',
      '--no-compile-autoload-bunfig',
      '--no-compile-autoload-tsconfig',
      '--compile-autoload-package-json',
      '--bytecode',
      '--format=cjs',
      '--minify',
      ...common.external.map((name) => `--external=${name}`),
      '--asset=package.json',
      '--asset=dist',
      '--outfile=klee',
      'main.js',
    ],
    { cwd: work, stdio: ['ignore', 'ignore', 'inherit'] },
  );
  if (error !== undefined || status !== 0)
    throw new Failure(
      `Bun cannot compile klee here: ${error?.message ?? `it ended with ${signal ?? status}`}`,
    );
  return join(work, 'klee');
}

/** npm checks the integrity that the registry names; here it must also be the one in the lockfile. */
async function fetchRuntime(target) {
  const name = packageOf(target);
  const { optionalDependencies } = JSON.parse(
    await readFile(join(top, 'script/bun/package.json'), 'utf8'),
  );
  const version = optionalDependencies[name];
  const folder = join(work, TARGETS[target]);
  await mkdir(folder);
  const answer = execFileSync(
    'npm',
    ['pack', `${name}@${version}`, '--json', `--pack-destination=${folder}`],
    { cwd: work, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const [{ filename }] = JSON.parse(answer);
  const tarball = join(folder, filename);
  const lock = await readFile(join(top, 'pnpm-lock.yaml'), 'utf8');
  const locked = lock.split(`'${name}@${version}':`)[1]?.match(/integrity: (sha512-[^}\s]+)/)?.[1];
  const found = `sha512-${createHash('sha512')
    .update(await readFile(tarball))
    .digest('base64')}`;
  if (found !== locked)
    throw new Failure(`${name} ${version} is not the package that pnpm-lock.yaml names`);
  execFileSync('tar', ['-xzf', tarball, '-C', folder]);
  return join(folder, 'package/bin/bun');
}
