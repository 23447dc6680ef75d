/**
 * The tables. An object is stored as JSON, and the columns for look-ups and constraints are generated from it, so that
 * the two cannot differ. They are `STORED`, so that damaged JSON does not hide an object from them.
 */
import { KleenetError } from '@kleenet/core/errors';
import type { Database } from './database.ts';
import { damaged } from './sqlite-errors.ts';

/** Marks the file as klee's, in the header field that file(1) and SQLite read: `Klee`. */
const APPLICATION_ID = 0x4b6c6565;

/** All tables, referenced ones first. */
export const TABLES: readonly string[] = [
  'networks',
  'containers',
  'images',
  'endpoints',
  'runs',
  'claims',
  'leases',
  'lease_runs',
  'cursors',
];

const key = (column: string, path: string, more = ''): string =>
  `${column} TEXT NOT NULL AS (data ->> '$.${path}') STORED ${more}`;

const POOL = `
  network_id TEXT NOT NULL,
  family TEXT NOT NULL CHECK (family IN ('ipv4', 'ipv6'))`;

/** A number of a family: 8 or 32 lower-case hex digits, whose order as text is the numeric order. */
const number = (column: string): string => `
  ${column} TEXT NOT NULL CHECK (
    length(${column}) = CASE family WHEN 'ipv4' THEN 8 ELSE 32 END AND ${column} NOT GLOB '*[^0-9a-f]*'
  )`;

const FIRST = `
CREATE TABLE networks (
  data TEXT NOT NULL,
  ${key('id', 'id', 'UNIQUE')},
  ${key('name', 'name', 'UNIQUE')},
  ${key('state', 'state')},
  ${key('created', 'created')}
) STRICT;
CREATE INDEX networks_unsettled ON networks (created, id) WHERE state <> 'ready';

CREATE TABLE containers (
  data TEXT NOT NULL,
  ${key('id', 'id', 'UNIQUE')},
  ${key('name', 'name', 'UNIQUE')},
  ${key('driver', 'driver')},
  ${key('state', 'state')},
  ${key('created', 'created')},
  UNIQUE (id, driver)
) STRICT;
CREATE INDEX containers_unsettled ON containers (created, id) WHERE state <> 'ready';
CREATE TRIGGER containers_keep_driver AFTER UPDATE ON containers WHEN new.driver IS NOT old.driver
BEGIN
  SELECT raise(ABORT, 'a container keeps its driver for life');
END;

CREATE TABLE images (
  data TEXT NOT NULL,
  ${key('id', 'id', 'UNIQUE')},
  ${key('name', 'name', 'UNIQUE')},
  ${key('state', 'state')},
  ${key('created', 'created')}
) STRICT;
CREATE INDEX images_unsettled ON images (created, id) WHERE state <> 'ready';

CREATE TABLE endpoints (
  data TEXT NOT NULL,
  ${key('id', 'id', 'UNIQUE')},
  ${key('network_id', 'networkId', 'REFERENCES networks (id)')},
  ${key('container_id', 'containerId')},
  ${key('driver', 'driver')},
  ${key('state', 'state')},
  ${key('created', 'created')},
  UNIQUE (network_id, container_id),
  UNIQUE (id, network_id),
  FOREIGN KEY (container_id, driver) REFERENCES containers (id, driver)
) STRICT;
CREATE INDEX endpoints_by_container ON endpoints (container_id, driver);
CREATE INDEX endpoints_unsettled ON endpoints (created, id) WHERE state <> 'connected';
-- The shell of SQLite does not check foreign keys unless it is told to; triggers it always runs.
CREATE TRIGGER endpoints_have_driver_insert AFTER INSERT ON endpoints
WHEN NOT EXISTS (SELECT 1 FROM containers WHERE id = new.container_id AND driver = new.driver)
BEGIN
  SELECT raise(ABORT, 'an endpoint has the driver of its container');
END;
CREATE TRIGGER endpoints_have_driver_update AFTER UPDATE ON endpoints
WHEN NOT EXISTS (SELECT 1 FROM containers WHERE id = new.container_id AND driver = new.driver)
BEGIN
  SELECT raise(ABORT, 'an endpoint has the driver of its container');
END;

CREATE TABLE runs (
  data TEXT NOT NULL,
  ${key('container_id', 'containerId', 'UNIQUE REFERENCES containers (id) ON DELETE CASCADE')},
  ${key('state', 'state')},
  ${key('started', 'started')}
) STRICT;
CREATE INDEX runs_unsettled ON runs (container_id) WHERE state IN ('starting', 'stopping');

CREATE TABLE claims (
  data TEXT NOT NULL,
  ${key('id', 'id', 'UNIQUE')},
  ${key('owner_kind', 'owner.kind')},
  ${key('owner_id', 'owner.id')}
) STRICT;
CREATE INDEX claims_by_owner ON claims (owner_kind, owner_id);

CREATE TABLE leases (
  ${POOL},
  ${number('number')},
  address TEXT NOT NULL,
  owner TEXT NOT NULL,
  PRIMARY KEY (network_id, family, number),
  FOREIGN KEY (owner, network_id) REFERENCES endpoints (id, network_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX leases_by_owner ON leases (owner, network_id);

CREATE TABLE lease_runs (
  ${POOL},
  ${number('first')},
  ${number('last')},
  PRIMARY KEY (network_id, family, first),
  FOREIGN KEY (network_id) REFERENCES networks (id) ON DELETE CASCADE,
  CHECK (first <= last)
) STRICT, WITHOUT ROWID;

CREATE TABLE cursors (
  ${POOL},
  ${number('number')},
  PRIMARY KEY (network_id, family),
  FOREIGN KEY (network_id) REFERENCES networks (id) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
`;

/** The order of a container's endpoints. SQLite cannot add a stored column to an existing table. */
export const ENDPOINT_ORDER = "data ->> '$.order'";

/** Endpoints were connected in the order of their rows; those of one command have the same time. */
const SECOND = `
UPDATE endpoints SET data = json_set(data, '$.order', (
  SELECT count(*) FROM endpoints AS earlier
  WHERE earlier.container_id = endpoints.container_id AND earlier.rowid < endpoints.rowid
));
CREATE UNIQUE INDEX endpoints_in_order ON endpoints (container_id, ${ENDPOINT_ORDER});
`;

/** The location of the database: one row, which a copy of the file carries along. */
const THIRD = 'CREATE TABLE home (data TEXT NOT NULL) STRICT;';

/** How many commits there were: one row. A database whose log was lost has fewer than its note says. */
const FOURTH = `
CREATE TABLE commits (number INTEGER NOT NULL) STRICT;
INSERT INTO commits VALUES (0);
`;

/** Networks have options. A klee that knows nothing of them would connect containers of other drivers. */
const FIFTH = "UPDATE networks SET data = json_set(data, '$.options', json('{}'));";

/** Entry n migrates a database from version n to version n + 1. Released entries never change. */
export const MIGRATIONS: readonly string[] = [FIRST, SECOND, THIRD, FOURTH, FIFTH];

/**
 * The version of a database, 0 for an empty one.
 *
 * @throws KleenetError DATABASE_NEWER, or DATABASE_DAMAGED for a database of another program
 */
export function versionOf(database: Database, migrations: readonly string[]): number {
  const version = readPragma(database, 'user_version');
  const application = readPragma(database, 'application_id');
  if (application === 0 && version === 0 && isEmpty(database)) return 0;
  if (application !== APPLICATION_ID) throw foreign(database.path);
  if (version < 1) throw damaged(database.path, `it has the version ${version}`);
  if (version > migrations.length) throw newer(database.path, version, migrations.length);
  return version;
}

/** Migrates a database to the last version, inside the open write transaction. */
export function migrate(database: Database, migrations: readonly string[]): void {
  const version = versionOf(database, migrations);
  if (version === migrations.length) return;
  for (const migration of migrations.slice(version)) database.exec(migration);
  database.exec(
    `PRAGMA application_id = ${APPLICATION_ID}; PRAGMA user_version = ${migrations.length}`,
  );
}

function readPragma(database: Database, name: string): number {
  return Number(database.get(`PRAGMA ${name}`)?.[name]);
}

function isEmpty(database: Database): boolean {
  return database.get('SELECT 1 FROM sqlite_schema LIMIT 1') === undefined;
}

function foreign(path: string): KleenetError {
  return new KleenetError('DATABASE_DAMAGED', `the file ${path} is a database of another program`, {
    hint: 'move it away, or choose another state directory with --root DIR',
    details: { path },
  });
}

function newer(path: string, version: number, known: number): KleenetError {
  const message = `the database ${path} was written by a newer version of klee`;
  return new KleenetError('DATABASE_NEWER', message, {
    hint: 'use that version, or restore a backup from before the upgrade',
    details: { path, version, known },
  });
}
