/** Real archives and directories, looked at by the real programs. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import { isKleenetError } from '@kleenet/core/errors';
import {
  layersOfArchive,
  layersOfDirectory,
  requireRootFileSystem,
} from '../src/container/image-layers.ts';

const test = suite<{ root: string }>('image layers');

test.before.each((context) => {
  context.root = mkdtempSync(join(tmpdir(), 'klee-layers-'));
});
test.after.each(({ root }) => rmSync(root, { recursive: true, force: true }));

const HEX = 'a'.repeat(64);

/** What is refused, by the words of the reason. */
const REFUSED: readonly [name: string, files: readonly string[], reason: RegExp][] = [
  ['docker save until 24', [`${HEX}.json`, `${HEX}/layer.tar`, 'manifest.json'], /docker save/],
  ['docker save until 1.9', [`${HEX}/json`, `${HEX}/layer.tar`, 'repositories'], /docker save/],
  [
    'docker save from 25 on',
    [`blobs/sha256/${HEX}`, 'index.json', 'manifest.json', 'oci-layout', 'repositories'],
    /OCI image layout/,
  ],
  ['podman save', [`${HEX}.tar`, `${HEX}.json`, 'manifest.json', 'repositories'], /docker save/],
  ['a builder in a container', [`sha256:${HEX}`, `${HEX}.tar.gz`, 'manifest.json'], /docker save/],
  ['a directory of skopeo', [HEX, 'manifest.json', 'version'], /docker save/],
  ['an OCI layout', ['blobs/sha256/ab', 'index.json', 'oci-layout'], /OCI image layout/],
  ['an OCI layout without images', ['index.json', 'oci-layout'], /OCI image layout/],
  ['an OCI bundle', ['config.json', 'rootfs/bin/sh'], /directory rootfs/],
];

/** What is taken: whole systems, single programs, and names that only remind of images. */
const TAKEN: readonly [name: string, files: readonly string[]][] = [
  ['a system', ['bin/sh', 'etc/passwd', 'usr/bin/env']],
  ['a system with such files', ['etc/passwd', 'index.json', 'manifest.json', 'oci-layout']],
  ['one program', ['hello']],
  ['a web site', ['index.html', 'index.json', 'manifest.json']],
  ['a program with a layer', ['hello', 'layer.tar']],
];

function fill(tree: string, files: readonly string[]): void {
  for (const file of files) {
    mkdirSync(dirname(join(tree, file)), { recursive: true });
    writeFileSync(join(tree, file), file);
  }
}

/** What is said of the tree, as a directory and in archives of several kinds. */
function said(root: string, files: readonly string[]): string[] {
  const tree = join(root, "it's a tree");
  fill(tree, files);
  const archives = [
    ['plain:1.tar', ['-cf'], ['.']],
    ['named.tar', ['-cf'], files.map((file) => file.split('/')[0] ?? '')],
    ['packed.tgz', ['-czf'], ['.']],
    ['packed.txz', ['-cJf'], ['.']],
  ] as const;
  for (const [name, how, names] of archives)
    execFileSync('tar', ['--force-local', '-C', tree, ...how, join(root, name), ...names]);
  const listed = archives.map(([name]) =>
    layersOfArchive(['tar', '-t', '--force-local', '-f', join(root, name)]),
  );
  return [layersOfDirectory(tree), ...listed].map(([program, ...words]) =>
    execFileSync(program, words, { encoding: 'utf8' }),
  );
}

for (const [name, files, reason] of REFUSED) {
  test(`refused: ${name}`, ({ root }) => {
    for (const text of said(root, files))
      assert.throws(
        () => requireRootFileSystem('/x', text),
        (error) => isKleenetError(error) && reason.test(error.message) && error.hint !== undefined,
      );
  });
}

for (const [name, files] of TAKEN) {
  test(`taken: ${name}`, ({ root }) => {
    for (const text of said(root, files)) requireRootFileSystem('/x', text);
  });
}

test('what is not an archive is left to tar(1)', ({ root }) => {
  writeFileSync(join(root, 'garbage'), 'x'.repeat(10_000));
  const [program, ...words] = layersOfArchive(['tar', '-t', '-f', join(root, 'garbage')]);
  requireRootFileSystem('/x', execFileSync(program, words, { encoding: 'utf8' }));
});

test.run();
