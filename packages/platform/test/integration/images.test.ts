import assert from 'node:assert/strict';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { test } from 'uvu';
import type { Image } from '@kleenet/core';
import { hasCode } from '@kleenet/core/errors';
import { container, createWorld, nextId } from './host.ts';
import type { World } from './host.ts';

function image(): Image {
  const id = nextId();
  return {
    id,
    name: `i-${id}`,
    state: 'creating',
    source: '',
    size: 0,
    created: '2026-01-01T00:00:00.000Z',
  };
}

/** A root file system with a shell, made from the host's. */
async function rootFileSystem(world: World): Promise<string> {
  const path = `${world.directory}/source`;
  for (const directory of ['etc', 'proc', 'dev', 'sys', 'tmp'])
    mkdirSync(`${path}/${directory}`, { recursive: true });
  const script =
    'for p in /bin/sh /bin/cat /bin/id; do cp --parents -L "$p" $(ldd "$p" | grep -oE "/[^ ]+") "$1"; done';
  await world.commands.change(['sh', '-c', script, 'sh', path]);
  writeFileSync(`${path}/etc/mark`, 'mark\n');
  return path;
}

async function printed(
  world: World,
  made: Image,
  command: readonly string[],
  user = '',
): Promise<string> {
  const { sandboxes } = world.platform;
  const spec = container(world.platform, 'own', {
    imageId: made.id,
    image: made.name,
    command,
    user,
  });
  await sandboxes.createStorage({ container: spec.container, entries: [] }, world.operation);
  try {
    await sandboxes.create(spec, world.operation);
    await sandboxes.start(spec, { mode: 'detached', reap: ['true'] }, world.operation);
    const logs = sandboxes.logs(spec.container, {});
    for (let tries = 0; tries < 100 && (await sandboxes.exitStatus(spec)) === undefined; tries++) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    return (await world.commands.read([logs[0], ...logs.slice(1)])).stdout.trim();
  } finally {
    await sandboxes.destroy(spec, world.operation);
    await sandboxes.removeStorage(spec.container, world.operation);
  }
}

test('a directory and a compressed tar become images that run', async () => {
  const world = createWorld();
  const source = await rootFileSystem(world);
  writeFileSync(`${source}/etc/passwd`, 'root:x:0:0::/root:/bin/sh\nweb:x:33:44::/srv:/bin/sh\n');
  writeFileSync(`${source}/etc/group`, 'web:x:44:\nextra:x:55:web\n');
  await world.commands.change(['tar', '-C', source, '-czf', `${world.directory}/a:b.tgz`, '.']);
  for (const from of [source, `${world.directory}/a:b.tgz`]) {
    const made = image();
    assert.ok(
      (await world.platform.images.import(made, { path: from, local: false }, world.operation)) >
        100_000,
    );
    assert.equal(await printed(world, made, ['cat', '/etc/mark']), 'mark');
    assert.equal(
      await printed(world, made, ['id'], 'web'),
      'uid=33(web) gid=44(web) groups=44(web),55(extra)',
    );
    assert.match(await printed(world, made, ['cat', '/etc/hosts']), /127\.0\.1\.1\tc-/);
    await world.platform.images.remove(made, world.operation);
    await world.platform.images.remove(made, world.operation);
    assert.equal(existsSync(`${world.directory}/images/${made.id}`), false);
  }
});

test("a user's name is not looked up outside the container", async () => {
  const world = createWorld();
  const source = await rootFileSystem(world);
  await world.commands.change(['ln', '-s', '/etc/passwd', `${source}/etc/group`]);
  await world.commands.change(['ln', '-s', '../../../../../../etc/passwd', `${source}/etc/passwd`]);
  const made = image();
  await world.platform.images.import(made, { path: source, local: false }, world.operation);
  await assert.rejects(
    printed(world, made, ['id'], 'daemon'),
    /^KleenetError: \/etc\/passwd in the container is a link that leads nowhere$/,
  );
});

test('what is not an image is refused, and leaves nothing', async () => {
  const world = createWorld();
  writeFileSync(`${world.directory}/text`, 'no archive\n'.repeat(1000));
  writeFileSync(`${world.directory}/empty`, '');
  for (const source of ['text', 'empty', 'missing']
    .map((name) => `${world.directory}/${name}`)
    .concat('/dev/null')) {
    const made = image();
    await assert.rejects(
      world.platform.images.import(made, { path: source, local: false }, world.operation),
      (error: unknown) => hasCode(error, 'IMAGE_INVALID') || assert.fail(String(error)),
    );
    assert.equal(existsSync(`${world.directory}/images/${made.id}`), false);
  }
});

test.run();
