#!/usr/bin/env node
// Checks everything in this repository that a shell runs: the shells that are here parse it, and shellcheck(1) reads it.
// Scripts of the packages are parsed once more as the program carries them, joined and without their comments.
import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readSync, readdirSync } from 'node:fs';
import { basename, dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { embeddedText, shellFiles } from './embed.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
/** Those of the hosts that klee runs on, and others that are called `sh` somewhere. */
const SHELLS = [['sh'], ['dash'], ['bash', '--posix'], ['busybox', 'ash']].filter(
  ([program, ...words]) => spawnSync(program, [...words, '-c', ':']).status === 0,
);
const FOLDERS = ['.ci', 'bin', 'script', 'packages/cli/etc'];

const embedded = shellFiles();
const others = FOLDERS.flatMap(filesBelow).filter((path) => dialectOf(path) !== undefined);
const results = [
  ...embedded.filter(({ isScript }) => isScript).map(({ path }) => checkEmbedded(path)),
  ...others.map(checkOther),
];
const failed = results.filter((faults) => faults.length > 0);
for (const faults of failed) console.log(faults.join('\n'));
console.log(`${results.length - failed.length} passed, ${failed.length} failed`);
process.exitCode = failed.length === 0 && results.length > others.length ? 0 : 1;

/** It follows the lines that join another file, so that the files of functions are read where they are used. */
function checkEmbedded(path) {
  return [
    ...SHELLS.flatMap((shell) => parse(shell, path)),
    ...SHELLS.flatMap((shell) => parse(shell, path, embeddedText(path))),
    ...lint([
      '--shell=sh',
      '--external-sources',
      '--check-sourced',
      '--source-path=SCRIPTDIR',
      path,
    ]),
  ];
}

function checkOther(path) {
  const shells = dialectOf(path) === 'bash' ? [['bash']] : SHELLS;
  return [...shells.flatMap((shell) => parse(shell, path)), ...lint([path])];
}

/** Faults of a file, or of a text that is made of it. */
function parse([program, ...words], path, text) {
  const { status, stderr } = spawnSync(
    program,
    [...words, '-n', ...(text === undefined ? [path] : [])],
    {
      input: text ?? '',
      encoding: 'utf8',
    },
  );
  return status === 0 && stderr === ''
    ? []
    : [`${relative(root, path)}: ${program} -n: ${stderr.trim()}`];
}

function lint(words) {
  const { error, status, stdout, stderr } = spawnSync('shellcheck', ['--format=gcc', ...words], {
    cwd: root,
    encoding: 'utf8',
  });
  if (error !== undefined) return [`shellcheck: ${error.message}`];
  return status === 0 ? [] : [`${stdout}${stderr}`.replaceAll(`${root}/`, '').trim()];
}

function filesBelow(folder) {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesBelow(path);
    return entry.isFile() ? [join(root, path)] : [];
  });
}

/** `sh` or `bash`, by the first line; undefined for what no shell runs. */
function dialectOf(path) {
  const start = Buffer.alloc(64);
  const file = openSync(path);
  readSync(file, start);
  closeSync(file);
  const program = /^#!(?:\/usr\/bin\/env )?(\S+)/.exec(start.toString())?.[1];
  return ['sh', 'bash'].find((shell) => program !== undefined && basename(program) === shell);
}
