/** Images of a FreeBSD host: which commands an import comes to, and what it makes of a real tree. */
import assert from 'node:assert/strict';
import {
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'uvu';
import type { CommandRunner, Image, ImageSource } from '@kleenet/core';
import type { KleenetError } from '@kleenet/core/errors';
import { createImagePlatform } from '../src/freebsd/images.ts';
import { layoutOf } from '../src/freebsd/layout.ts';
import { jailHost } from './support/jail-programs.ts';
import { SHELLS } from './support/stand-ins.ts';
import { given, told } from './support/told.ts';
import type { Answers } from './support/told.ts';
import { refused } from '../../core/test/support/refusals.ts';
import { CLAIMLESS } from '../../core/test/support/operations.ts';
const IMAGE: Image = {
  id: 'aaaaaaaaaaaa',
  name: 'base',
  state: 'creating',
  source: 'base.txz',
  size: 0,
  created: '2026-01-01T00:00:00.000Z',
};
const DIR = '/data/images/aaaaaaaaaaaa';

function imported(commands: CommandRunner, source: ImageSource): Promise<number> {
  return createImagePlatform({ commands, layout: layoutOf('/data') }).import(
    IMAGE,
    source,
    CLAIMLESS,
  );
}

const THERE: Answers = [
  ['ls -A', { stdout: 'bin\n' }],
  ['du -s', { stdout: `123\t${DIR}/rootfs\n` }],
];
const MADE = [`change mkdir -p -m 0700 ${DIR}`, `change mkdir -p -m 0755 ${DIR}/rootfs`];
const LOOKED_AT = [`read ls -A ${DIR}/rootfs`, `read du -s -k ${DIR}/rootfs`];
const EXTRACT = `change tar -x -p --numeric-owner -C ${DIR}/rootfs -f`;

test('an archive of the host, a directory of the host, and an archive of klee\u2019s', async () => {
  const archive = told([['[klee-kind]', { stdout: 'file\n' }], ...THERE]);
  assert.equal(await imported(archive, { path: '/tmp/base.txz', local: false }), 123 * 1024);
  assert.deepEqual(archive.lines, [
    'read [klee-kind] /tmp/base.txz',
    'read [klee-layers] tar -t -f /tmp/base.txz',
    ...MADE,
    `${EXTRACT} /tmp/base.txz`,
    ...LOOKED_AT,
  ]);
  const directory = told([['[klee-kind]', { stdout: 'directory\n' }], ...THERE]);
  await imported(directory, { path: '/jails/a b', local: false });
  assert.deepEqual(directory.lines, [
    'read [klee-kind] /jails/a b',
    'read [klee-layers-of-directory] /jails/a b',
    ...MADE,
    `change [klee-copy] /jails/a b ${DIR}/rootfs`,
    ...LOOKED_AT,
  ]);
  const local = told(THERE);
  await imported(local, { path: '/home/me/x.part', local: true });
  assert.deepEqual(local.lines, [
    'read [klee-layers] tar -t -f - </home/me/x.part',
    ...MADE,
    `${EXTRACT} - </home/me/x.part`,
    ...LOOKED_AT,
  ]);
});

test('a host that cannot say how large a tree is has images of size 0', async () => {
  for (const du of [{ status: 127, stderr: 'sh: du: not found\n' }, { stdout: 'x' }])
    assert.equal(await imported(told([['du -s', du], ...THERE]), { path: '/x', local: true }), 0);
});

test('what is not an image is refused, and nothing of it stays', async () => {
  const kind = (stdout: string): Promise<KleenetError> =>
    refused(
      imported(told([['[klee-kind]', { stdout }]]), { path: '/x', local: false }),
      'IMAGE_INVALID',
    );
  assert.match((await kind('')).message, /no such file or directory/);
  assert.match((await kind('other\n')).message, /neither a directory nor a regular file/);
  const complaint = 'tar: Error opening archive: Unrecognized archive format\n';
  const broken = told([['tar -x', { status: 1, stderr: complaint }]]);
  const error = await refused(imported(broken, { path: '/x', local: true }), 'IMAGE_INVALID');
  assert.match(error.message, /Unrecognized archive format/);
  assert.equal(broken.lines.at(-1), `change rm -rfx ${DIR}`);
  const empty = told([['ls -A', { stdout: '' }]]);
  await refused(imported(empty, { path: '/x', local: true }), 'IMAGE_INVALID');
  assert.equal(empty.lines.at(-1), `change rm -rfx ${DIR}`);
});

test('an image in layers is refused before anything is made', async () => {
  for (const source of [
    { path: '/x', local: true },
    { path: '/x', local: false },
  ]) {
    const commands = told([
      ['[klee-kind]', { stdout: 'file\n' }],
      ['[klee-layers]', { stdout: 'docker\n' }],
    ]);
    const { message, hint } = await refused(imported(commands, source), 'IMAGE_INVALID');
    assert.match(message, /docker save/);
    assert.match(hint ?? '', /docker export/);
    assert.equal(given(commands, 'change'), false);
  }
});

test('in a dry run there is nothing to look at', async () => {
  const commands = told([
    ['[klee-kind]', { stdout: 'file\n' }],
    ['ls -A', { status: 1 }],
    ['du -s', { status: 1 }],
  ]);
  assert.equal(await imported(commands, { path: '/x', local: false }), 0);
});

test('removing an image', async () => {
  const commands = told();
  const images = createImagePlatform({ commands, layout: layoutOf('/data') });
  assert.deepEqual(images.plan(IMAGE), [{ kind: 'directory', name: DIR }]);
  await images.remove(IMAGE, CLAIMLESS);
  assert.deepEqual(commands.lines, [`change rm -rfx ${DIR}`]);
});

for (const shell of SHELLS) {
  test(`${basename(shell)}: a real tree, from a directory and through standard input`, async () => {
    const host = jailHost(shell);
    try {
      host.program('rm', 'shift; exec /bin/rm -rf "$@"');
      const tree = join(host.directory, "it's a tree");
      mkdirSync(join(tree, 'bin'), { recursive: true });
      writeFileSync(join(tree, 'bin', 'a'), 'x'.repeat(5000), { mode: 0o4755 });
      linkSync(join(tree, 'bin', 'a'), join(tree, 'bin', 'b'));
      symlinkSync('/etc/passwd', join(tree, 'link'));
      const archive = join(host.directory, 'archive');
      await host.commands.change(['tar', '-c', '-f', archive, '-C', tree, '.']);
      const layout = layoutOf(join(host.directory, 'data'));
      const images = createImagePlatform({ commands: host.commands, layout });
      const { rootfs, directory } = layout.image(IMAGE.id);
      for (const source of [
        { path: tree, local: false },
        { path: archive, local: false },
        { path: archive, local: true },
      ]) {
        assert.ok((await images.import(IMAGE, source, CLAIMLESS)) >= 4096);
        assert.deepEqual(readdirSync(rootfs).toSorted(), ['bin', 'link']);
        assert.equal(readFileSync(join(rootfs, 'bin', 'b'), 'utf8').length, 5000);
        assert.equal(statSync(join(rootfs, 'bin', 'a')).nlink, 2);
        assert.equal(statSync(join(rootfs, 'bin', 'a')).mode & 0o7777, 0o4755);
        assert.equal(statSync(directory).mode & 0o777, 0o700);
        await images.remove(IMAGE, CLAIMLESS);
        assert.equal(existsSync(directory), false);
      }
      const garbage = join(host.directory, 'garbage');
      writeFileSync(garbage, 'garbage'.repeat(200));
      for (const local of [true, false])
        await refused(images.import(IMAGE, { path: garbage, local }, CLAIMLESS), 'IMAGE_INVALID');
      assert.equal(existsSync(directory), false);
    } finally {
      host.dispose();
    }
  });
}

test.run();
