// Takes the types out of TypeScript. The answers are kept by what was asked, for all processes to come.
import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const builder = new URL('../../packages/cli/build.mjs', import.meta.url);
/** Files that stand for others, by path: a mutant, in a process that a test starts (packages/torture/src/mutants). */
const instead = JSON.parse(process.env.KLEENET_INSTEAD ?? '{}');
const kept = fileURLToPath(new URL('../../node_modules/.cache/kleenet-tests', import.meta.url));

export async function load(url, context, next) {
  if (!url.endsWith('.ts') || url.includes('/node_modules/')) return next(url, context);
  const path = fileURLToPath(url);
  return { format: 'module', shortCircuit: true, source: await plain(path) };
}

async function plain(path) {
  const source = await readFile(instead[path] ?? path);
  const name = createHash('sha256').update(path).update('\0').update(source).digest('hex');
  const file = join(kept, `${name}.mjs`);
  try {
    return await readFile(file);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error;
  }
  const code = await strip(path, source);
  await mkdir(kept, { recursive: true });
  // Process ids repeat: test files run in namespaces of their own.
  const fresh = `${file}.${randomUUID()}`;
  await writeFile(fresh, code);
  await rename(fresh, file);
  return code;
}

/** esbuild, which bundles the CLI, is not loaded where nothing is new. */
async function strip(path, source) {
  const { transform } = createRequire(builder)('esbuild');
  const { code } = await transform(source, {
    loader: 'ts',
    format: 'esm',
    target: 'node20.19',
    sourcefile: path,
    sourcemap: 'inline',
    sourcesContent: false,
  });
  return code;
}
