#!/usr/bin/env node
// Writes the documents that are made from the code, or checks that those in git are up to date.
// Needs what script/build has compiled.
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { tsImport } from 'tsx/esm/api';
import { apiReport } from './docs/api-report.mjs';
import { commandReport } from './docs/commands.mjs';
import { conformancePage } from './docs/conformance.mjs';
import { contractReference } from './docs/contract.mjs';
import { openProgram, readPackages } from './docs/declarations.mjs';

const { values: options } = parseArgs({ options: { check: { type: 'boolean', default: false } } });
const root = dirname(dirname(fileURLToPath(import.meta.url)));

const documents = [
  ...makeReports(),
  await makeCommandReport(),
  await makeConformancePage(),
  await makeMutantsPage(),
];
const stale = documents.filter(({ path, text }) => read(path) !== text);
for (const { path, text } of options.check ? [] : stale) {
  writeFileSync(join(root, path), text);
  console.log(`wrote ${path}`);
}
if (options.check) {
  for (const { path } of stale)
    console.log(`FAILED ${path} is not what the code says: run npm run docs`);
  console.log(`${documents.length - stale.length} passed, ${stale.length} failed`);
  process.exitCode = stale.length === 0 ? 0 : 1;
}

function makeReports() {
  const names = readdirSync(join(root, 'packages')).filter(
    (name) => name !== 'cli' && !isPrivate(name),
  );
  const packages = readPackages(root, names);
  const program = openProgram(packages);
  return [
    ...packages.map((one, index) => ({
      path: `packages/${names[index]}/api.md`,
      text: apiReport(program, one),
    })),
    { path: 'docs/driver-contract.md', text: contractReference(program, packages) },
  ];
}

/** Nobody imports what is not published. */
function isPrivate(name) {
  return (
    JSON.parse(readFileSync(join(root, 'packages', name, 'package.json'), 'utf8')).private === true
  );
}

async function makeCommandReport() {
  const { TREE, loadCommand } = await load('packages/cli/src/commands/index.ts');
  const commands = new Map();
  for (const path of TREE.paths) commands.set(path, await loadCommand(path));
  return { path: 'packages/cli/api.md', text: commandReport('@kleenet/cli', commands) };
}

/** Its scores are what runs have found; its explanations are those in the code. */
async function makeMutantsPage() {
  const { explainedPage } = await load('packages/torture/src/mutants/page.ts');
  return { path: 'docs/mutants.md', text: explainedPage() };
}

async function makeConformancePage() {
  const { conformanceCases } = await load('packages/conformance/src/index.ts');
  const { OWN, reference } = await load('packages/conformance/test/support/reference.ts');
  const { BROKEN_DRIVERS } = await load('packages/conformance/test/support/broken/index.ts');
  return {
    path: 'docs/conformance.md',
    text: conformancePage(conformanceCases(reference(OWN)), BROKEN_DRIVERS),
  };
}

function load(path) {
  return tsImport(join(root, path), import.meta.url);
}

function read(path) {
  return existsSync(join(root, path)) ? readFileSync(join(root, path), 'utf8') : undefined;
}
