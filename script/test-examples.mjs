#!/usr/bin/env node
// Compiles and tests each example as its author would: with `npm test` in its folder, against the packages as built.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { delimiter, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values: options } = parseArgs({ options: { node: { type: 'string' } } });
const examples = join(dirname(dirname(fileURLToPath(import.meta.url))), 'examples');
const path = [
  ...(options.node === undefined ? [] : [dirname(resolve(options.node))]),
  process.env.PATH,
];

const totals = { passed: 0, failed: 0 };
for (const name of readdirSync(examples)) report(name, run(name));
console.log(`${totals.passed} passed, ${totals.failed} failed`);
process.exitCode = totals.failed === 0 && totals.passed > 0 ? 0 : 1;

function run(name) {
  const { status, stdout, stderr } = spawnSync('npm', ['test'], {
    cwd: join(examples, name),
    env: { ...process.env, NODE_OPTIONS: '--test-reporter=tap', PATH: path.join(delimiter) },
    encoding: 'utf8',
    // Some run the conformance kit on a real host.
    timeout: 900_000,
  });
  const [passed, failed, skipped] = ['pass', 'fail', 'skipped'].map((word) => count(stdout, word));
  return {
    output: stdout + stderr,
    passed,
    failed: status === 0 && passed > 0 ? failed : Math.max(1, failed),
    skipped,
  };
}

function count(output, word) {
  return Number(new RegExp(`^# ${word} (\\d+)$`, 'm').exec(output)?.[1] ?? 0);
}

function report(name, { output, passed, failed, skipped }) {
  totals.passed += passed;
  totals.failed += failed;
  console.log(
    `${failed === 0 ? 'ok    ' : 'FAILED'} examples/${name}: ${passed} passed, ${failed} failed, ${skipped} skipped`,
  );
  if (failed > 0)
    console.log(output.replace(/^ok .*\n {2}---\n(?: {2}.*\n)*/gm, '').replace(/^/gm, '    '));
}
