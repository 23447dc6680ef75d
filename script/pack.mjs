#!/usr/bin/env node
// Makes the tarballs that a release publishes, and one of the example driver-macvlan, from what was built last.
import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const [directory, ...more] = process.argv.slice(2);
if (directory === undefined || directory.startsWith('-') || more.length > 0) {
  console.error('usage: script/pack.mjs DIRECTORY');
  process.exit(2);
}

const folder = resolve(directory);
mkdirSync(folder, { recursive: true });
// Packing the example does not compile it.
run('npm', ['run', '--silent', 'build'], join(root, 'examples/driver-macvlan'));
const filters = [...published(), './examples/driver-macvlan'].flatMap((one) => ['--filter', one]);
run(
  join(root, 'script/pnpm'),
  ['--recursive', ...filters, 'pack', '--pack-destination', folder],
  root,
);

function run(program, words, cwd) {
  const { status } = spawnSync(program, words, { cwd, stdio: ['ignore', 'ignore', 'inherit'] });
  if (status !== 0) process.exit(status ?? 1);
}

/** All packages but those that are private. */
function published() {
  return readdirSync(join(root, 'packages'))
    .map((name) => JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')))
    .filter((manifest) => manifest.private !== true)
    .map(({ name }) => name);
}
