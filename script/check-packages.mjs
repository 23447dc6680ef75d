#!/usr/bin/env node
// Packs every package as it would be published, and lets publint look at each tarball.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const folder = mkdtempSync(join(tmpdir(), 'kleenet-packages-'));
try {
  pack();
  const counts = { passed: 0, failed: 0 };
  for (const tarball of readdirSync(folder)) counts[(await check(tarball)) ? 'passed' : 'failed']++;
  console.log(`${counts.passed} passed, ${counts.failed} failed`);
  process.exitCode = counts.failed === 0 && counts.passed > 0 ? 0 : 1;
} finally {
  rmSync(folder, { recursive: true });
}

function pack() {
  const argv = ['--recursive', ...published(), 'pack', '--pack-destination', folder];
  execFileSync(join(root, 'script/pnpm'), argv, { cwd: root, stdio: ['ignore', 'ignore', 2] });
}

/** All packages but those that are private. */
function published() {
  return readdirSync(join(root, 'packages'))
    .map((name) => JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')))
    .filter((manifest) => manifest.private !== true)
    .flatMap(({ name }) => ['--filter', name]);
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
