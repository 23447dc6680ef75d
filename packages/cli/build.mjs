// Bundles the CLI into dist/: klee.js, and a chunk for each part that is loaded when a command needs it.
// The chunks are CommonJS: Node.js 20 needs 5 ms to get its loader for ES modules ready, a fifth of its whole start.
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const dist = join(here, 'dist');

const result = await build({
  absWorkingDir: here,
  entryPoints: ['src/klee.ts'],
  outdir: 'dist',
  chunkNames: '[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  platform: 'node',
  target: 'node20',
  conditions: ['@kleenet/source'],
  external: ['better-sqlite3'],
  minifySyntax: true,
  minifyWhitespace: true,
  legalComments: 'none',
  metafile: true,
  write: false,
}).catch(() => process.exit(1)); // esbuild has shown the errors
const outputs = new Map();
for (const file of result.outputFiles) {
  outputs.set(file.path.slice(dist.length + 1), await toCommonJs(file.text));
}
outputs.set('klee.js', outputs.get('klee.js').replace(/^(?!#!)/, '#!/usr/bin/env node\n'));
outputs.set('package.json', '{ "type": "commonjs" }\n');
outputs.set('THIRD-PARTY-LICENSES', await collectLicenses(Object.keys(result.metafile.inputs)));
await writeOutputs();

/** Chunks import each other by relative names; what else is imported on the way stays a real `import`. */
async function toCommonJs(text) {
  const { code } = await transform(text, {
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    minify: true,
    define: { 'import.meta.url': '__url' },
    supported: { 'dynamic-import': false },
  });
  return code.includes('__url') ? `var __url=require("node:url").pathToFileURL(__filename).href;${code}` : code;
}

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

/** Each file is replaced in one step, klee.js last, so that a klee that starts meanwhile works. */
async function writeOutputs() {
  await mkdir(dist, { recursive: true });
  const names = [...outputs.keys()].sort(
    (a, b) => Number(a === 'klee.js') - Number(b === 'klee.js'),
  );
  for (const name of names) {
    const mode = name === 'klee.js' ? 0o755 : 0o644;
    await writeFile(join(dist, `${name}.${process.pid}`), outputs.get(name), { mode });
    await rename(join(dist, `${name}.${process.pid}`), join(dist, name));
  }
  const stale = (await readdir(dist)).filter((name) => name.endsWith('.js') && !outputs.has(name));
  await Promise.all(stale.map((name) => rm(join(dist, name))));
}
