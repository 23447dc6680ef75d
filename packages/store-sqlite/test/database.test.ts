import assert from 'node:assert/strict';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  statSync,
  rmSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { test } from 'uvu';
import { hasCode } from '@kleenet/core/errors';
import type { IpAddress } from '@kleenet/core';
import { sampleContainer, sampleEndpoint, sampleNetwork } from '../../core/test/support/samples.ts';
import { loadSqlite } from '../src/connection.ts';
import { noteAsLeft } from '../src/as-left.ts';
import { beginWrite } from '../src/begin.ts';
import type { Database } from '../src/database.ts';
import { hasReserve } from '../src/reserve.ts';
import { MIGRATIONS } from '../src/schema.ts';
import { openStateDatabase } from '../src/state-directory.ts';
import { SqliteStore } from '../src/store.ts';
import { endLog } from '../src/write-ahead-log.ts';
import { edit, fill, inPlace, refuses, uid } from './support/place.ts';
import type { Place } from './support/place.ts';

test('while another process makes the reserve, a write does not take the pages for lacking', () =>
  inPlace(async (place) => {
    await fill(place);
    const [own, other] = [await openDatabase(place), await openDatabase(place)];
    own.exec(`BEGIN IMMEDIATE; CREATE TABLE filler (data);
      INSERT INTO filler VALUES (zeroblob(${Number(own.pragma('freelist_count')) * 4096})); COMMIT`);
    const exec = own.exec.bind(own);
    let turns = 0;
    // The other one has made the pages, and not freed them yet, whenever this one gets its turn after preparing.
    own.exec = (sql) => {
      if (sql === 'BEGIN IMMEDIATE' && (turns += 1) > 1)
        other.exec(`BEGIN IMMEDIATE; CREATE TABLE IF NOT EXISTS reserve (data);
          INSERT INTO reserve VALUES (zeroblob(${24 * 4096})); COMMIT`);
      exec(sql);
    };
    beginWrite(own, MIGRATIONS, true);
    assert.ok(turns > 1, 'it prepares first');
    assert.ok(hasReserve(own));
    own.exec('ROLLBACK');
    own.close();
    other.close();
  }));

test('commits are durable, and need nothing that a full disk does not have', () =>
  inPlace(async (place) => {
    await fill(place);
    const database = await openDatabase(place);
    const pragma = (name: string): unknown => Object.values(database.get(`PRAGMA ${name}`)!)[0];
    assert.equal(pragma('journal_mode'), 'wal');
    assert.equal(pragma('wal_autocheckpoint'), 0);
    assert.equal(pragma('cache_spill'), 0);
    assert.ok(Number(pragma('freelist_count')) >= 16);
    assert.ok(statSync(`${place.database}-journal`).size >= 256 * 1024);
    assert.ok(statSync(`${place.database}-wal`).size >= 1024 * 1024);
    // The log is synchronised by the store itself; see the next test.
    assert.equal(pragma('synchronous'), 1);
    assert.equal(pragma('foreign_keys'), 1);
    assert.equal(pragma('trusted_schema'), 0);
    database.close();
  }));

test('a database with a rollback journal gets a log with its first write', () =>
  inPlace(async (place) => {
    (await fill(place)).close();
    await edit(place, 'PRAGMA journal_mode = DELETE');
    const store = await place.open();
    assert.equal(await store.read(({ networks }) => networks.list().length), 1);
    assert.ok(!existsSync(`${place.database}-wal`));
    await store.write(({ networks }) => networks.insert(sampleNetwork()));
    assert.ok(statSync(`${place.database}-wal`).size >= 1024 * 1024);
    assert.equal(await store.read(({ networks }) => networks.list().length), 2);
    assert.deepEqual(await store.verify(), []);
  }));

test('the log stays when the store is closed, and is used again from its beginning once it is long', () =>
  inPlace(async (place) => {
    (await fill(place)).close();
    const log = statSync(`${place.database}-wal`);
    const before = statSync(place.database).mtimeMs;
    for (let i = 0; i < 120; i++) {
      const store = await place.open();
      await store.write(({ networks }) => networks.insert(sampleNetwork()));
      store.close();
    }
    assert.ok(statSync(place.database).mtimeMs > before);
    const { size, ino } = statSync(`${place.database}-wal`);
    assert.deepEqual({ size, ino }, { size: log.size, ino: log.ino });
    await edit(place, 'PRAGMA wal_checkpoint(TRUNCATE)');
    const store = await place.open();
    assert.equal(await store.read(({ networks }) => networks.list().length), 121);
    assert.deepEqual(await store.verify(), []);
  }));

test('a long log is not copied into the database while another process writes', () =>
  inPlace(async (place) => {
    const store = await fill(place);
    for (let i = 0; i < 60; i++)
      await store.write(({ networks }) => networks.insert(sampleNetwork()));
    store.close();
    const other = (await loadSqlite()).open(place.database, 0);
    other.exec('PRAGMA wal_autocheckpoint = 0');
    for (let i = 0; i < 40; i++)
      other.exec(`UPDATE networks SET data = json_set(data, '$.labels.round', '${i}')`);
    other.exec('BEGIN IMMEDIATE');
    const before = readFileSync(place.database);
    const waiting = await place.open(50);
    await assert.rejects(
      waiting.write(() => undefined),
      (error) => hasCode(error, 'DATABASE_BUSY'),
    );
    assert.deepEqual(readFileSync(place.database), before);
    other.exec('ROLLBACK');
    await waiting.write(() => undefined);
    assert.notDeepEqual(readFileSync(place.database), before);
    assert.deepEqual(await waiting.verify(), []);
    other.close();
  }));

const losses: readonly (readonly [string, (log: string) => void])[] = [
  ['deleted', (log) => rmSync(log)],
  ['cut', (log) => truncateSync(log, 8192)],
  ['overwritten', (log) => writeFileSync(log, readFileSync(log).fill(0xa5, 4096))],
];
for (const [title, lose] of losses) {
  test(`a log that was ${title}: reading and writing are refused, and the older state can be taken`, () =>
    inPlace(async (place) => {
      const before = await fill(place);
      await before.write(({ networks }) => networks.insert(sampleNetwork()));
      before.close();
      const { database } = place;
      lose(`${database}-wal`);
      const bytes = readFileSync(database);
      const store = await place.open();
      for (const attempt of [
        () => store.read(() => undefined),
        () => store.write(() => undefined),
        () => store.rehearse(),
      ])
        await assert.rejects(
          attempt,
          (error) =>
            hasCode(error, 'DATABASE_DAMAGED') &&
            /its last commits are missing/.test(error.message),
        );
      assert.match((await store.verify()).join(), /its last commits are missing/);
      assert.deepEqual(readFileSync(database), bytes);
      rmSync(`${database}-stat`);
      const later = await place.open();
      await later.write(({ networks }) => networks.insert(sampleNetwork({ name: 'later' })));
      assert.deepEqual(await later.verify(), []);
    }));
}

test('a database that is a link keeps its log beside the file itself', () =>
  inPlace(async (place) => {
    (await fill(place)).close();
    const elsewhere = `${place.directory}-elsewhere`;
    mkdirSync(elsewhere);
    for (const end of ['', '-wal', '-stat'])
      renameSync(`${place.database}${end}`, `${elsewhere}/kleenet.db${end}`);
    symlinkSync(`${elsewhere}/kleenet.db`, place.database);
    const store = await place.open();
    await store.write(({ networks }) => networks.insert(sampleNetwork()));
    assert.equal(await store.read(({ networks }) => networks.list().length), 2);
    store.close();
    assert.ok(statSync(`${elsewhere}/kleenet.db-wal`).size >= 1024 * 1024);
    assert.ok(!existsSync(`${place.database}-wal`));
  }));

test('where the index of the log cannot be made, commits go to a rollback journal', () =>
  inPlace(async (place) => {
    (await fill(place)).close();
    rmSync(`${place.database}-shm`);
    mkdirSync(`${place.database}-shm`);
    for (const name of ['one', 'two']) {
      const store = await place.open();
      await store.write(({ networks }) => networks.insert(sampleNetwork({ name })));
      store.close();
      assert.ok(!existsSync(`${place.database}-wal`));
    }
    rmSync(`${place.database}-shm`, { recursive: true });
    const store = await place.open();
    await store.write(({ networks }) => networks.insert(sampleNetwork({ name: 'three' })));
    assert.equal(await store.read(({ networks }) => networks.list().length), 4);
    assert.deepEqual(await store.verify(), []);
    assert.ok(statSync(`${place.database}-wal`).size >= 1024 * 1024);
  }));

test('ending the log of a database that has none gives it none, for others to use', () =>
  inPlace(async (place) => {
    (await fill(place)).close();
    await edit(place, 'PRAGMA journal_mode = DELETE');
    // A process that is in the middle of a commit with a rollback journal.
    const other = (await loadSqlite()).open(place.database, 0);
    other.exec('BEGIN IMMEDIATE; UPDATE commits SET number = number + 1');
    endLog(await loadSqlite(), place.database, 0);
    assert.ok(!existsSync(`${place.database}-wal`));
    other.exec('COMMIT');
    other.close();
  }));

test('a database that was replaced while it was open is not written to, and the next transaction takes the new one', () =>
  inPlace(async (place) => {
    const store = await fill(place);
    assert.equal(await store.read(({ networks }) => networks.list().length), 1);
    const moved = `${place.directory}-moved`;
    const insert = (): Promise<void> =>
      store.write(({ networks }) => networks.insert(sampleNetwork()));
    const isMoved = (error: unknown): boolean =>
      hasCode(error, 'DATABASE_UNAVAILABLE') && /moved, deleted or replaced/.test(error.message);
    renameSync(place.directory, moved);
    cpSync(moved, place.directory, { recursive: true });
    // Some versions of Node.js do not copy the mode of a directory.
    chmodSync(place.directory, 0o700);
    await assert.rejects(insert(), isMoved);
    await insert();
    const later = await place.open();
    assert.equal(await later.read(({ networks }) => networks.list().length), 2);
  }));

test('a new database in the place of one that was deleted is not taken for an older state', () =>
  inPlace(async (place) => {
    const before = await fill(place);
    await before.write(({ networks }) => networks.insert(sampleNetwork()));
    before.close();
    rmSync(place.database);
    const store = await place.open();
    // As a process that is killed between its first commit, of the tables, and that of its changes.
    await assert.rejects(
      store.write(() => {
        throw new Error('ends');
      }),
      /ends/,
    );
    store.close();
    const later = await place.open();
    assert.deepEqual(await later.read(({ networks }) => networks.list()), []);
    await later.write(({ networks }) => networks.insert(sampleNetwork()));
  }));

test('a newer database is refused, and left as it is', () =>
  inPlace(async (place) => {
    await fill(place);
    await edit(place, 'PRAGMA user_version = 99');
    const before = readFileSync(place.database);
    await refuses(place, 'DATABASE_NEWER');
    assert.deepEqual(readFileSync(place.database), before);
  }));

test('an upgrade by another process is noticed by a store that is open', () =>
  inPlace(async (place) => {
    const store = await fill(place);
    await edit(place, 'PRAGMA user_version = 99');
    await assert.rejects(
      store.write(() => {}),
      (error) => hasCode(error, 'DATABASE_NEWER'),
    );
    await assert.rejects(
      store.read(() => {}),
      (error) => hasCode(error, 'DATABASE_NEWER'),
    );
  }));

test("another program's database is refused, and left as it is", () =>
  inPlace(async (place) => {
    mkdirSync(place.directory, { mode: 0o700 });
    await edit(place, 'CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1)');
    const before = readFileSync(place.database);
    await refuses(place, 'DATABASE_DAMAGED');
    assert.deepEqual(readFileSync(place.database), before);
    assert.match((await (await place.open()).verify()).join(), /another program/);
  }));

test('an empty file is a database that nobody has written to', () =>
  inPlace(async (place) => {
    mkdirSync(place.directory, { mode: 0o700 });
    writeFileSync(place.database, '');
    const store = await place.open();
    assert.deepEqual(await store.read(({ networks }) => networks.list()), []);
    assert.equal(statSync(place.database).size, 0);
    await store.write(({ networks }) => networks.insert(sampleNetwork()));
    assert.equal(await store.read(({ networks }) => networks.list().length), 1);
  }));

const PAGE = 4096;

const damages: readonly (readonly [string, (file: string) => void])[] = [
  ['random bytes', (file) => writeFileSync(file, Buffer.alloc(8192, 'kleenet'))],
  ['a file that was cut', (file) => truncateSync(file, 8192)],
  ['a file with a hole', (file) => writeHole(file)],
];
for (const [title, damage] of damages) {
  test(`${title}: a clear error, and verify says so`, () =>
    inPlace(async (place) => {
      await fillFile(place);
      damage(place.database);
      const store = await place.open();
      const everything = store.read(({ networks, containers, endpoints }) => [
        networks.list(),
        containers.list(),
        endpoints.list(),
      ]);
      await assert.rejects(
        everything,
        (error) => hasCode(error, 'DATABASE_DAMAGED') && error.hint !== undefined,
      );
      assert.notDeepEqual(await store.verify(), []);
    }));
}

test('whichever page is damaged, nothing is written any more', () =>
  inPlace(async (place) => {
    await fillFile(place);
    const whole = readFileSync(place.database);
    let refused = 0;
    for (let start = 0; start < whole.length; start += PAGE) {
      const damaged = Buffer.from(whole).fill(0xa5, start, start + PAGE);
      await changeLater(place, damaged);
      const store = await place.open();
      const isSound = (await store.verify()).length === 0;
      const written = store.write(({ networks }) =>
        networks.insert(sampleNetwork({ id: 'abcdefabcdef', name: 'more' })),
      );
      // Of free pages only the list is read.
      if (isSound) await written;
      else {
        refused += 1;
        await assert.rejects(written, (error) => hasCode(error, 'DATABASE_DAMAGED'));
        assert.deepEqual(readFileSync(place.database), damaged, `page at ${start} was written to`);
      }
      store.close();
    }
    assert.ok(refused > 10, `${refused} pages were found damaged`);
  }));

test('what klee itself wrote last is not checked again, and what anybody else wrote is', () =>
  inPlace(async (place) => {
    await fillFile(place);
    const damaged = readFileSync(place.database);
    // The first page of the list of free pages (the database file format, 1.3.8) claims to be of this size.
    const free = (damaged.readUInt32BE(32) - 1) * PAGE;
    damaged.writeUInt32BE(9999, free + 4);
    const insert = async (): Promise<void> => {
      const store = await place.open();
      try {
        await store.write(({ networks }) => networks.insert(sampleNetwork()));
      } finally {
        store.close();
      }
    };
    await changeLater(place, damaged);
    await assert.rejects(insert(), (error) => hasCode(error, 'DATABASE_DAMAGED'));
    writeFileSync(`${place.database}-stat`, 'something else');
    await assert.rejects(insert(), (error) => hasCode(error, 'DATABASE_DAMAGED'));
    const database = await openDatabase(place);
    // A log with nothing in it: making a new one would read the list.
    writeFileSync(`${place.database}-wal`, Buffer.alloc(2 ** 21));
    noteAsLeft(database, 1);
    database.close();
    await insert();
  }));

test('a disk without space for the note of how the file was left refuses nothing', () =>
  inPlace(async (place) => {
    (await fill(place)).close();
    rmSync(`${place.database}-stat`);
    mkdirSync(`${place.database}-stat`);
    const store = await place.open();
    await store.write(({ networks }) => networks.insert(sampleNetwork()));
    assert.deepEqual(await store.verify(), []);
  }));

test('JSON that does not parse or lacks a member is damage, never a SyntaxError', () =>
  inPlace(async (place) => {
    const store = await fill(place);
    await edit(place, "UPDATE networks SET data = json_remove(data, '$.labels')");
    await assert.rejects(
      store.read(({ networks }) => networks.list()),
      (error) =>
        hasCode(error, 'DATABASE_DAMAGED') && /network has no valid labels/.test(error.message),
    );
    assert.match((await store.verify()).join(), /network has no valid labels/);
  }));

test('hands cannot give a container a second driver, nor an endpoint another than its container', () =>
  inPlace(async (place) => {
    await fill(place);
    for (const keys of ['ON', 'OFF']) {
      for (const sql of [
        "UPDATE containers SET data = json_set(data, '$.driver', 'vnet')",
        "UPDATE endpoints SET data = json_set(data, '$.driver', 'vnet')",
        "INSERT INTO endpoints (data) SELECT json_set(data, '$.id', 'x', '$.driver', 'vnet', '$.networkId', 'y', '$.order', 99) FROM endpoints",
        "UPDATE endpoints SET driver = 'vnet'",
      ]) {
        await assert.rejects(
          edit(place, `PRAGMA foreign_keys = ${keys}; ${sql}`),
          /driver|FOREIGN KEY/,
          sql,
        );
      }
    }
  }));

test('an older database is brought up to date by whoever opens it first, with what it holds', () =>
  inPlace(async (place) => {
    (await fill(place)).close();
    const next = [
      ...MIGRATIONS,
      `ALTER TABLE networks ADD COLUMN note TEXT;
       UPDATE networks SET data = json_set(data, '$.labels.migrated', 'yes')`,
    ];
    const stores = [storeWith(place, next), storeWith(place, next)];
    const labels = await Promise.all(
      stores.map((store) => store.read(({ networks }) => networks.list()[0]?.labels['migrated'])),
    );
    assert.deepEqual(labels, ['yes', 'yes']);
    for (const store of stores) store.close();
    await refuses(place, 'DATABASE_NEWER');
  }));

test('endpoints of version 1 get the order in which they were connected, whatever their time and id', () =>
  inPlace(async (place) => {
    const old = await place.open();
    const networks = [sampleNetwork(), sampleNetwork(), sampleNetwork()];
    const [container, other] = [sampleContainer(), sampleContainer()];
    const created = '2026-01-01T00:00:00.000Z';
    const ids = ['cccccccccccc', 'aaaaaaaaaaaa', 'bbbbbbbbbbbb'];
    await old.write((tx) => {
      for (const network of networks) tx.networks.insert(network);
      for (const one of [container, other]) {
        tx.containers.insert(one);
        for (const [index, network] of networks.entries()) {
          const id = one === container ? (ids[index] ?? '') : sampleNetwork().id;
          tx.endpoints.insert(sampleEndpoint(network, one, { id, created }));
        }
      }
    });
    old.close();
    await toVersion1(place);
    const store = await place.open();
    await store.write(() => undefined);
    await store.read(({ endpoints }) => {
      const migrated = endpoints.byContainer(container.id);
      assert.deepEqual(
        migrated.map(({ id, order }) => [id, order]),
        ids.map((id, index) => [id, index]),
      );
      assert.deepEqual(
        endpoints.byContainer(other.id).map(({ order }) => order),
        [0, 1, 2],
      );
    });
    assert.deepEqual(await store.verify(), []);
    await refusesToBeRead(place, MIGRATIONS.slice(0, 1));
  }));

test('networks of versions without options have none', () =>
  inPlace(async (place) => {
    (await fill(place)).close();
    await edit(
      place,
      "UPDATE networks SET data = json_remove(data, '$.options'); PRAGMA user_version = 4",
    );
    const store = await place.open();
    await store.read(({ networks }) => {
      const [network] = networks.list();
      assert.deepEqual(network?.options, {});
      assert.equal(network?.driver, undefined);
    });
    assert.deepEqual(await store.verify(), []);
    await refusesToBeRead(place, MIGRATIONS.slice(0, 4));
  }));

test('a container keeps its addresses when a database of version 1 is brought up to date', () =>
  inPlace(async (place) => {
    const old = await place.open();
    const [network, container] = [sampleNetwork(), sampleContainer()];
    const addresses = { ipv4: '10.0.0.7' as IpAddress, ipv6: 'fd00::7' as IpAddress };
    const endpoint = sampleEndpoint(network, container, { addresses });
    const pools = [
      [{ networkId: network.id, family: 'ipv4' }, 0x0a000007n],
      [{ networkId: network.id, family: 'ipv6' }, (0xfd00n << 112n) + 7n],
    ] as const;
    await old.write((tx) => {
      tx.networks.insert(network);
      tx.containers.insert(container);
      tx.endpoints.insert(endpoint);
      for (const [pool, number] of pools) {
        const lease = { owner: endpoint.id, address: addresses[pool.family] };
        tx.leases.insert(pool, number, { networkId: network.id, ...lease });
        tx.leases.putSpan(pool, { first: number, last: number });
        tx.leases.setCursor(pool, number);
      }
    });
    old.close();
    await toVersion1(place);
    const store = await place.open();
    await store.write(() => undefined);
    await store.read(({ endpoints, leases }) => {
      assert.deepEqual(endpoints.get(endpoint.id)?.addresses, addresses);
      for (const [pool, number] of pools) {
        assert.equal(leases.get(pool, number)?.owner, endpoint.id);
        assert.deepEqual(leases.spanAtOrBelow(pool, number), { first: number, last: number });
        assert.equal(leases.cursor(pool), number);
      }
    });
    assert.deepEqual(await store.verify(), []);
  }));

test('a migration that fails leaves the database as it was', () =>
  inPlace(async (place) => {
    (await fill(place)).close();
    const store = storeWith(place, [...MIGRATIONS, 'DELETE FROM endpoints; SELECT * FROM nothing']);
    await assert.rejects(store.write(() => {}));
    store.close();
    const old = await place.open();
    assert.equal(await old.read(({ endpoints }) => endpoints.list().length), 1);
  }));

test('a full database is a full disk, and the transaction is undone', () =>
  inPlace(async (place) => {
    (await fill(place)).close();
    let database: Database | undefined;
    const store = new SqliteStore({
      open: (sqlite, create) => {
        database = openStateDatabase(sqlite, { directory: place.directory, uid }, create);
        database?.exec('PRAGMA max_page_count = 1');
        return database;
      },
      patience: 1000,
      migrations: MIGRATIONS,
    });
    const write = store.write(({ networks }) => {
      for (let i = 0; i < 1000; i++) networks.insert(sampleNetwork());
    });
    await assert.rejects(write, (error) => hasCode(error, 'DISK_FULL'));
    assert.equal(await store.read(({ networks }) => networks.list().length), 1);
    store.close();
  }));

test('a copy of the files is a backup', () =>
  inPlace(async (place) => {
    await fill(place);
    await inPlace(async (other) => {
      cpSync(place.directory, other.directory, { recursive: true });
      chmodSync(other.directory, 0o700);
      assert.equal(await (await other.open()).read(({ endpoints }) => endpoints.list().length), 1);
    });
  }));

/** Takes away what later versions added. */
async function toVersion1(place: Place): Promise<void> {
  await edit(
    place,
    `PRAGMA journal_mode = PERSIST;
     DROP INDEX endpoints_in_order;
     UPDATE endpoints SET data = json_remove(data, '$.order');
     DROP TABLE home;
     DROP TABLE commits;
     PRAGMA user_version = 1`,
  );
  rmSync(`${place.database}-stat`);
}

/** The store of another version of klee. */
function storeWith({ directory }: Place, migrations: readonly string[]): SqliteStore {
  return new SqliteStore({
    open: (sqlite, create) => openStateDatabase(sqlite, { directory, uid }, create),
    patience: 1000,
    migrations,
  });
}

async function openDatabase(place: Place): Promise<Database> {
  const location = { directory: place.directory, uid };
  const database = openStateDatabase(await loadSqlite(), location, false);
  assert.ok(database !== undefined);
  return database;
}

/** A database with everything in the file, and nothing in the log. */
async function fillFile(place: Place): Promise<void> {
  (await fill(place)).close();
  await edit(place, 'PRAGMA wal_checkpoint(TRUNCATE)');
  assert.ok(!existsSync(`${place.database}-wal`));
}

/** Later than the clock of the file system can tell from the last change of the file. */
async function changeLater({ database }: Place, bytes: Uint8Array): Promise<void> {
  await setTimeout(20);
  for (const end of ['-wal', '-shm', '-stat']) rmSync(`${database}${end}`, { force: true });
  writeFileSync(database, bytes);
}

/** An older klee. */
async function refusesToBeRead(place: Place, migrations: readonly string[]): Promise<void> {
  const store = storeWith(place, migrations);
  await assert.rejects(
    store.read(() => undefined),
    (error) => hasCode(error, 'DATABASE_NEWER'),
  );
  store.close();
}

function writeHole(file: string): void {
  const bytes = readFileSync(file);
  bytes.fill(0xff, 4096);
  writeFileSync(file, bytes);
}

test.run();
