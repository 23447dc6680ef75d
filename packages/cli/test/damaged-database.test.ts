/** A damaged database: every command says so, and none writes to it, not even where it is whole. */
import assert from 'node:assert/strict';
import { cpSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import { loadSqlite } from '../../store-sqlite/src/connection.ts';
import { World } from './support/klee.ts';

const PAGE = 4096;

const WRITING = [
  'network create --subnet 10.3.0.0/24 new',
  'network connect other idle',
  'network disconnect net idle',
  'network rm net',
  'network prune -f',
  'create --name more -n net host true',
  'run -d --name more -n net host true',
  'start idle',
  'stop busy',
  'restart busy',
  'container rename idle free',
  'container rm -f busy',
  'container prune -f',
  'image import img /etc',
  'system down',
];

interface Context {
  world: World;
  good: string;
}

const test = suite<Context>('damaged database');

test.before(async (context) => {
  const world = new World('memory');
  context.world = world;
  await world.ok('network create --subnet 10.1.0.0/24 net');
  await world.ok('network create --subnet 10.2.0.0/24 other');
  await world.ok('run -d --name busy -n net host sleep 600');
  await world.ok('create --name idle -n net host true');
  // What the log has is not read from the file.
  const database = (await loadSqlite()).open(join(world.directory, 'kleenet.db'), 1000);
  database.exec('PRAGMA wal_checkpoint(TRUNCATE)');
  database.close();
  context.good = join(world.root, 'good');
  cpSync(world.directory, context.good, { recursive: true });
});
test.after(({ world }) => world.remove());

/** The state as it was, with one page of its database destroyed. Gives the file as it is then. */
function damage({ world, good }: Context, page: number): Buffer {
  rmSync(world.directory, { recursive: true });
  cpSync(good, world.directory, { recursive: true });
  const path = join(world.directory, 'kleenet.db');
  const bytes = readFileSync(path).fill(0xa5, page * PAGE, (page + 1) * PAGE);
  writeFileSync(path, bytes);
  return bytes;
}

test('no command writes, and check tells it', async (context) => {
  const { world } = context;
  const path = join(world.directory, 'kleenet.db');
  const pages = statSync(path).size / PAGE;
  let [found, overlooked] = [0, 0];
  for (let page = 0; page < pages; page += 1) {
    damage(context, page);
    if ((await world.klee('system check')).status === 0) continue;
    found += 1;
    // Of most commands the pages that they read are whole.
    if ((await world.klee('container ls -a')).status === 0) overlooked += 1;
    const words = WRITING[found % WRITING.length] ?? '';
    const damaged = damage(context, page);
    const { status, stdout, stderr } = await world.klee(words);
    assert.match(String(status), /^(1|125)$/, words);
    assert.match(`${stdout}${stderr}`, /database \S+ is damaged: /, words);
    assert.deepEqual(readFileSync(path), damaged, `${words} wrote, with page ${page} damaged`);
  }
  assert.ok(found >= WRITING.length && overlooked > 0, `${found} pages, ${overlooked} overlooked`);
});

test.run();
