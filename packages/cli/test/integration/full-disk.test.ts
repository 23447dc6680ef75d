/** A full disk: commands that add say so and change nothing; removing frees space; and then everything goes on. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  statfsSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import { LinuxWorld } from '../support/linux.ts';

const MEBIBYTE = 1024 * 1024;

/** With its state on a disk of its own, of 32 MiB. */
async function onSmallDisk(work: (world: LinuxWorld) => Promise<void>): Promise<void> {
  const disk = mkdtempSync(join(tmpdir(), 'klee-full-'));
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'mode=700,size=32m', 'tmpfs', disk]);
  const world = new LinuxWorld(disk);
  try {
    await work(world);
  } finally {
    await clear(world);
    execFileSync('umount', ['--lazy', disk]);
    rmSync(disk, { recursive: true });
  }
}

async function clear(world: LinuxWorld): Promise<void> {
  for (const [kind, all] of [
    ['container', ['-a']],
    ['network', []],
  ] as const) {
    const { stdout } = await world.klee([kind, 'ls', ...all, '--quiet']);
    for (const id of stdout.split('\n').filter(Boolean))
      await world.klee(
        kind === 'container' ? ['container', 'rm', '-f', id] : ['network', 'rm', id],
      );
  }
}

/** Leaves nothing, not even a part of a block. */
function fillUp(path: string): void {
  const file = openSync(path, 'a');
  try {
    for (;;) writeSync(file, Buffer.alloc(4096));
  } catch (error) {
    assert.equal((error as NodeJS.ErrnoException).code, 'ENOSPC');
  } finally {
    closeSync(file);
  }
}

function free(world: LinuxWorld): number {
  const { bavail, bsize } = statfsSync(world.root);
  return bavail * bsize;
}

test('rm -f of a container and rm of an image free space, and then everything goes on', () =>
  onSmallDisk(async (world) => {
    const source = join(tmpdir(), `klee-full-source-${process.pid}`);
    mkdirSync(join(source, 'bin'), { recursive: true });
    execFileSync('dd', [
      'if=/dev/zero',
      `of=${source}/bin/data`,
      'bs=1M',
      'count=6',
      'status=none',
    ]);
    await world.ok('network create --subnet 10.83.0.0/24 net');
    await world.ok(['image', 'import', 'picture', source]);
    // Of a container of this image, only the log is on that disk.
    const writing = 'yes | head -c 6291456; exec sleep 600';
    for (const name of ['large', 'beside'])
      await world.ok(['run', '-d', '--name', name, '-n', 'net', 'host', 'sh', '-c', writing]);
    await written(world, 18 * MEBIBYTE);
    const filler = join(world.root, 'filler');
    fillUp(filler);
    const before = await world.ok('container ls -a --format {{name}}-{{state}}');
    for (const words of [
      'run -d --name more -n net host sleep 600',
      `image import more ${source}`,
    ]) {
      const { status, stderr } = await world.klee(words.split(' '));
      assert.ok(status !== 0, words);
      assert.match(stderr, /^error: no space is left on/m, words);
    }
    assert.equal(await world.ok('container ls -a --format {{name}}-{{state}}'), before);
    assert.equal(await world.ok('network ls --format {{name}}'), 'net');
    assert.equal(await world.ok('system check'), '');

    await world.ok('container rm -f large');
    const freed = free(world);
    assert.ok(freed > 5 * MEBIBYTE, `${freed} bytes after rm -f`);
    fillUp(filler);
    await world.ok('image rm picture');
    assert.ok(free(world) > 5 * MEBIBYTE, `${free(world)} bytes after image rm`);
    await world.ok('run -d --name more -n net host sleep 600');
    assert.equal(await world.ok('container ls --format {{name}}'), 'beside\nmore');
    assert.equal(await world.ok('system check'), '');
    rmSync(source, { recursive: true });
  }));

/** Waits until the containers have written so much. */
async function written(world: LinuxWorld, bytes: number): Promise<void> {
  for (const end = Date.now() + 60_000; 32 * MEBIBYTE - free(world) < bytes;) {
    assert.ok(Date.now() < end, `written are ${32 * MEBIBYTE - free(world)} bytes only`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test.run();
