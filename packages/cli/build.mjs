// Bundles the CLI into dist/: klee.js, which is started, PACK-HASH.js with all the rest, of which it loads some, and core/,
// a copy of @kleenet/core without dependencies, which plugins get as their peer. `build` identifies all of it: by that
// bin/klee recognizes an executable (executable.mjs) of another build, and does not run it.
//
// Starting is most of what a short command costs, so the bundle is made to start fast:
// - CommonJS: Node.js 20 needs 5 ms to get its loader for ES modules ready, a fifth of its whole start.
// - Few files, because each further one costs a search, and small ones, because all that is read costs: see packs.mjs.
// - Modules of Node.js are loaded when something of them is first used.
// - A code cache beside each, so that it need not be compiled at each start: see src/code-cache.ts.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join, relative, sep } from 'node:path';
import * as esbuild from 'esbuild';
import { embedScripts } from '../../script/embed.mjs';
import { bundle, common, dist, executables, here, isLocal, localName } from './bundle.mjs';
import { bundlePacks } from './packs.mjs';

embedScripts();
const outputs = new Map();
const program = await bundlePacks();
const packs = {};
for (const [name, text] of program.texts) {
  packs[name] = `${name}-${createHash('sha256').update(text).digest('hex').slice(0, 8)}.js`;
  outputs.set(packs[name], text);
}
const klee = await bundle({
  entryPoints: ['src/klee.ts'],
  define: {
    ...common.define,
    PROGRAM: JSON.stringify(program.entry),
    PACKS: JSON.stringify(packs),
  },
  // Plugins are ES modules: here `import()` stays what it is.
  supported: {},
});
outputs.set('klee.js', `#!/usr/bin/env node\n${klee.text}`);
outputs.set('package.json', '{ "type": "commonjs" }\n');
outputs.set('plugin-template.json', JSON.stringify(await readTemplate()));
outputs.set('THIRD-PARTY-LICENSES', await collectLicenses([...program.inputs, ...klee.inputs]));
await writeOutputs();
const current = await identify([...outputs.values(), ...(await writeCore())]);
await replaceFile('build', `${current}\n`, 0o644);
await warmCodeCache();
// As late as possible: a klee that has just read the earlier `build` is about to start the earlier executable.
await removeStaleExecutables(current);

async function collectLicenses(inputs) {
  const folders = inputs.map((path) => path.match(/^.*node_modules\/(?:@[^/]+\/)?[^/]+\//)?.[0]);
  const texts = [];
  for (const folder of new Set(folders.filter((path) => path !== undefined).sort())) {
    const file = (await readdir(join(here, folder))).find((name) => /^licen[sc]e/i.test(name));
    const { name, version, license } = JSON.parse(
      await readFile(join(here, folder, 'package.json'), 'utf8'),
    );
    const text = file === undefined ? '' : await readFile(join(here, folder, file), 'utf8');
    texts.push(`${name} ${version} (${license})\n\n${text.trim()}\n`);
  }
  return texts.join(`\n${'-'.repeat(80)}\n\n`);
}

/** What `klee plugin new` writes is the smallest example under another name. */
async function readTemplate() {
  const example = join(here, '../../examples/driver-minimal');
  const files = (await readdir(example, { withFileTypes: true, recursive: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => relative(example, join(entry.parentPath, entry.name)).replaceAll(sep, '/'))
    .filter((path) => !/^(dist|node_modules)\//.test(path) && !path.endsWith('.tgz'))
    .sort();
  const texts = files.map(async (path) => [path, await readFile(join(example, path), 'utf8')]);
  const versions = (await readdir(join(here, '..'))).toSorted().map(async (name) => {
    const manifest = await readFile(join(here, '..', name, 'package.json'), 'utf8');
    return [`@kleenet/${name}`, JSON.parse(manifest).version];
  });
  return {
    versions: Object.fromEntries(await Promise.all(versions)),
    files: Object.fromEntries(await Promise.all(texts)),
  };
}

/** Each file is replaced in one step, klee.js last, so that a klee that starts meanwhile works. */
async function writeOutputs() {
  await mkdir(dist, { recursive: true });
  const names = [...outputs.keys()].sort(
    (a, b) => Number(a === 'klee.js') - Number(b === 'klee.js'),
  );
  for (const name of names) {
    const mode = name === 'klee.js' ? 0o755 : 0o644;
    await replaceFile(name, outputs.get(name), mode);
  }
  const stale = (await readdir(dist)).filter(
    (file) => /\.(js|cache)$/.test(file) && !outputs.has(file.replace(/\.js\..*\.cache$/, '.js')),
  );
  await Promise.all(stale.map((file) => rm(join(dist, file), { force: true })));
}

async function replaceFile(name, text, mode) {
  await writeFile(join(dist, `${name}.${process.pid}`), text, { mode });
  await rename(join(dist, `${name}.${process.pid}`), join(dist, name));
}

/** A name for what an executable is made of. */
async function identify(texts) {
  const own = [
    'src/executable.ts',
    'bundle.mjs',
    'executable.mjs',
    'packs.mjs',
    'package.json',
    '../../script/bun/package.json',
  ];
  const others = await Promise.all(own.map((path) => readFile(join(here, path), 'utf8')));
  const hash = createHash('sha256');
  for (const text of [...texts, ...others]) hash.update(text).update('\0');
  return hash.digest('hex').slice(0, 12);
}

async function removeStaleExecutables(id) {
  const files = existsSync(executables) ? await readdir(executables) : [];
  const stale = files.filter((file) => isLocal(file) && !file.startsWith(localName(id)));
  await Promise.all(stale.map((file) => rm(join(executables, file), { force: true })));
}

/** The folder is replaced as a whole: the names of the parts of an earlier build are others. */
async function writeCore() {
  const core = join(here, '../core');
  const { name, version, license, exports, engines } = JSON.parse(
    await readFile(join(core, 'package.json'), 'utf8'),
  );
  const entries = Object.entries(exports).filter(([, target]) => typeof target === 'object');
  const { outputFiles } = await esbuild
    .build({
      ...common,
      entryPoints: entries.map(([, target]) => join(core, target['@kleenet/source'])),
      outdir: join(dist, 'core'),
      format: 'esm',
      splitting: true,
      supported: {},
      define: {},
    })
    .catch(() => process.exit(1));
  const manifest = {
    name,
    version,
    license,
    type: 'module',
    exports: Object.fromEntries([
      ...entries.map(([path, target]) => [path, target.default.replace('./dist/', './')]),
      ['./package.json', './package.json'],
    ]),
    engines,
  };
  const made = await mkdtemp(join(dist, 'core-'));
  for (const { path, text } of outputFiles) await writeFile(join(made, basename(path)), text);
  await writeFile(join(made, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  await chmod(made, 0o755);
  await rm(join(dist, 'core'), { recursive: true, force: true });
  await rename(made, join(dist, 'core'));
  return [...outputFiles.map(({ text }) => text), JSON.stringify(manifest)];
}

/** Runs commands that leave code caches for the Node.js that builds. Without one, klee only starts slower. */
async function warmCodeCache() {
  const root = await mkdtemp(join(tmpdir(), 'klee-build-'));
  try {
    const env = { ...process.env, KLEE_PLATFORM: 'memory', KLEE_ROOT: root };
    const run = (...words) =>
      spawnSync(process.execPath, [join(dist, 'klee.js'), ...words], { env });
    run('network', 'create', '--subnet=10.0.0.0/24', '--subnet6=fd00::/64', 'n');
    run('create', '--name=c', '--driver=ipnet', 'host');
    await Promise.all(
      (await readdir(dist))
        .filter((file) => file.endsWith('.cache'))
        .map((file) => rm(join(dist, file), { force: true })),
    );
    run('network', 'connect', 'n', 'c');
    run('network', 'ls');
  } finally {
    await rm(root, { recursive: true, force: true });
  }
}
