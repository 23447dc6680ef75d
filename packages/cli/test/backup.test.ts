/** Copies of the database that sqlite3(1) makes while commands run, as docs/operating.md says, and their way back. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'uvu';
import { World, finished, spawnKlee } from './support/klee.ts';

const hasSqlite = spawnSync('sqlite3', ['--version']).status === 0;
const withSqlite = (title: string, body: () => Promise<void>): void => {
  if (hasSqlite) test(title, body);
  else test.skip(title, body);
};

withSqlite(
  'a copy that is made while commands run is consistent, and can be restored',
  async () => {
    const world = new World('memory');
    const database = join(world.directory, 'kleenet.db');
    try {
      await world.ok('network create --subnet 10.1.0.0/16 net');
      await world.ok('run -d --name kept -n net host sleep 600');
      const copies: string[] = [];
      const working = [1, 2, 3, 4].map((number) => work(world, number));
      const copying = (async () => {
        for (let count = 0; count < 8; count += 1) {
          const copy = join(world.root, `copy${count}.db`);
          execFileSync('sqlite3', [database, '.timeout 10000', `.backup '${copy}'`]);
          copies.push(copy);
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      })();
      const ended = await Promise.all(working);
      assert.deepEqual(
        ended.flat().filter(({ status }) => status !== 0),
        [],
      );
      await copying;
      for (const copy of copies) await restore(world, database, copy);
    } finally {
      world.remove();
    }
  },
);

async function work(world: World, number: number): Promise<readonly { status: number }[]> {
  const ended = [];
  for (const words of [
    `create --name c${number} -n net host true`,
    `container rename c${number} d${number}`,
    `network disconnect net d${number}`,
    `network connect net d${number}`,
  ])
    ended.push(await finished(spawnKlee(words.split(' '), world.environment)));
  return ended;
}

/** What is in it is whole, what runs goes on, and the next commands work. */
async function restore(world: World, database: string, copy: string): Promise<void> {
  assert.equal(
    execFileSync('sqlite3', [copy, 'PRAGMA integrity_check; PRAGMA foreign_key_check'], {
      encoding: 'utf8',
    }).trim(),
    'ok',
  );
  for (const end of ['', '-wal', '-shm', '-journal', '-stat'])
    rmSync(`${database}${end}`, { force: true });
  copyFileSync(copy, database);
  assert.equal(await world.ok('system check'), '');
  assert.equal(await world.ok('container ls --format {{name}}'), 'kept');
  await world.ok('create --name later -n net host true');
  await world.ok('container rm later');
  assert.equal(await world.ok('system check'), '');
}

test.run();
