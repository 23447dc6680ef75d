#!/usr/bin/env node
// Makes modules of shell scripts, so that the code imports them: `scripts/NAME.sh` becomes NAME in `scripts/embedded.ts`.
// A line `. ./PATH.sh` stands for the file, which is put in its place; comments and blank lines are left out, because every
// start of a script carries its text. What lies in `scripts/functions` is only joined, and has no name of its own.
import { existsSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const SOURCED = /^[ \t]*\. (\.{1,2}\/\S+\.sh)$/;

/** Every file of shell text in the packages, and whether it is a script of its own. */
export function shellFiles() {
  const below = readdirSync(join(root, 'packages')).flatMap((name) =>
    ['src', 'test'].map((part) => join(root, 'packages', name, part)).filter(existsSync),
  );
  return below
    .flatMap((folder) => readdirSync(folder, { withFileTypes: true, recursive: true }))
    .filter((entry) => entry.isFile() && entry.name.endsWith('.sh'))
    .map((entry) => ({
      path: join(entry.parentPath, entry.name),
      isScript: basename(entry.parentPath) === 'scripts',
    }))
    .sort((a, b) => (a.path < b.path ? -1 : 1));
}

/** Writes the modules that are not what the scripts say. @throws Error for a file that breaks the rules above */
export function embedScripts() {
  const files = shellFiles();
  const joined = new Set();
  const modules = new Map();
  for (const { path } of files.filter(({ isScript }) => isScript)) {
    const target = join(dirname(path), 'embedded.ts');
    modules.set(target, `${modules.get(target) ?? HEADING}\n${declaration(path, joined)}`);
  }
  const idle = files.find(({ path, isScript }) => !isScript && !joined.has(path));
  if (idle !== undefined) throw new Error(`${named(idle.path)}: no script has a line for it`);
  for (const [path, text] of modules) replace(path, text);
}

const HEADING = '// Made by script/embed.mjs of the scripts beside it.\n';

function declaration(path, joined) {
  const name = basename(path, '.sh');
  const [shell, usage = ''] = readFileSync(path, 'utf8').split('\n');
  if (shell !== '#!/bin/sh' || !new RegExp(`^# klee-${name}( |$)`).test(usage))
    throw new Error(`${named(path)}: begin it with '#!/bin/sh' and '# klee-${name} ARGUMENT…'`);
  return `/** \`${usage.slice(2)}\` */
export const ${name.toUpperCase().replaceAll('-', '_')}: { readonly name: string; readonly text: string } = {
  name: 'klee-${name}',
  text: ${JSON.stringify(embeddedText(path, joined))},
};
`;
}

/** The text that the program carries. `joined` gets the paths of the files in it. */
export function embeddedText(path, joined = new Set()) {
  return textOf(path, joined).trimEnd();
}

function textOf(path, joined) {
  if (!existsSync(path)) throw new Error(`${named(path)}: there is no such file to join`);
  joined.add(path);
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => !/^[ \t]*(#|$)/.test(line))
    .map((line) => {
      const other = SOURCED.exec(line)?.[1];
      return other === undefined ? `${line}\n` : textOf(join(dirname(path), other), joined);
    })
    .join('');
}

/** In one step: tests that run meanwhile find the one or the other. */
function replace(path, text) {
  if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
  writeFileSync(`${path}.${process.pid}`, text);
  renameSync(`${path}.${process.pid}`, path);
}

function named(path) {
  return relative(root, path);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) embedScripts();
