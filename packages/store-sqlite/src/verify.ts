/** Consistency checks of the database. Each fault is a line in plain words. */
import type { Endpoint, Family } from '@kleenet/core';
import { hasCode } from '@kleenet/core/errors';
import type { Database } from './database.ts';
import { decodeNumber, encode, numberOfAddress } from './leases.ts';
import { damaged } from './sqlite-errors.ts';
import { CLAIM, CONTAINER, decode, ENDPOINT, IMAGE, type Kind, NETWORK, RUN } from './objects.ts';

/** A row of `leases`. */
interface LeaseRow {
  readonly network: string;
  readonly family: Family;
  readonly number: bigint;
  readonly address: string;
  readonly owner: string;
}

/** Leased addresses without a gap, by their hex digits. */
interface Interval {
  readonly network: string;
  readonly family: Family;
  readonly first: string;
  readonly last: string;
}

const FAMILIES: readonly Family[] = ['ipv4', 'ipv6'];

/** The problems of a database; none when it is consistent. Reads the whole file. */
export function findFaults(database: Database): readonly string[] {
  const structure = [...integrityFaults(database), ...referenceFaults(database)];
  // If the file is damaged below its tables, every other check fails too, and says less.
  if (structure.length > 0) return structure;
  const endpoints = readAll(database, ENDPOINT);
  const leases = readLeases(database);
  return [
    ...[NETWORK, CONTAINER, IMAGE, RUN, CLAIM].flatMap(
      (kind) => readAll<unknown>(database, kind).faults,
    ),
    ...endpoints.faults,
    ...numberFaults(leases),
    ...intervalFaults(leases, database),
    ...holderFaults(leases, endpoints.values),
  ];
}

/**
 * Looks whether SQLite finds the file whole: its pages, and its indices beside their tables.
 * @throws KleenetError DATABASE_DAMAGED
 */
export function requireSound(database: Database): void {
  const [fault] = linesOfCheck(database, 'PRAGMA integrity_check(1)');
  if (fault !== undefined) throw damaged(database.path, fault);
}

function integrityFaults(database: Database): readonly string[] {
  return linesOfCheck(database, 'PRAGMA integrity_check').map(
    (line) => `SQLite finds the database damaged: ${line}`,
  );
}

function linesOfCheck(database: Database, pragma: string): readonly string[] {
  return database
    .all(pragma)
    .map((row) => String(row['integrity_check']))
    .filter((line) => line !== 'ok');
}

function referenceFaults(database: Database): readonly string[] {
  const lines = database
    .all('PRAGMA foreign_key_check')
    .map(({ table, parent }) => [String(table), String(parent)])
    .map(([table, parent]) => `a row of ${table} refers to a missing row of ${parent}`);
  return [...new Set(lines)];
}

/** All readable objects of a kind, and a line for each unreadable one. */
function readAll<T>(
  database: Database,
  kind: Kind<T>,
): { readonly values: readonly T[]; readonly faults: string[] } {
  const values: T[] = [];
  const faults: string[] = [];
  for (const row of database.all(`SELECT data FROM ${kind.table} ORDER BY rowid`)) {
    try {
      values.push(decode(kind, row, database.path));
    } catch (error) {
      if (!hasCode(error, 'DATABASE_DAMAGED')) throw error;
      faults.push(error.message);
    }
  }
  return { values, faults };
}

function readLeases(database: Database): readonly LeaseRow[] {
  const columns = 'network_id, family, number, address, owner';
  return database
    .all(`SELECT ${columns} FROM leases ORDER BY network_id, family, number`)
    .map((row) => ({
      network: String(row['network_id']),
      family: row['family'] as Family,
      number: decodeNumber(row['number']),
      address: String(row['address']),
      owner: String(row['owner']),
    }));
}

function numberFaults(leases: readonly LeaseRow[]): readonly string[] {
  return leases
    .filter(({ address, family, number }) => numberOfAddress(family, address) !== number)
    .map(
      ({ address, network }) =>
        `network ${network}: the lease of ${address} is stored under another number`,
    );
}

/** Compares the stored runs with the maximal intervals of the leases. */
function intervalFaults(leases: readonly LeaseRow[], database: Database): readonly string[] {
  const columns = 'network_id AS network, family, first, last';
  const rows = database.all(`SELECT ${columns} FROM lease_runs`) as readonly unknown[];
  const stored = (rows as readonly Interval[]).map(describe);
  const actual = intervalsOf(leases).map(describe);
  return [
    ...without(stored, actual).map((run) => `${run} is marked as leased, but the leases differ`),
    ...without(actual, stored).map((run) => `${run} is leased, but not marked so`),
  ];
}

/** The maximal intervals of leases in numeric order. */
function intervalsOf(leases: readonly LeaseRow[]): readonly Interval[] {
  const found: Interval[] = [];
  let next: bigint | undefined;
  for (const { network, family, number } of leases) {
    const last = encode(family, number);
    const open = found.at(-1);
    const joins = open?.network === network && open.family === family && number === next;
    if (joins) found[found.length - 1] = { ...open, last };
    else found.push({ network, family, first: last, last });
    next = number + 1n;
  }
  return found;
}

function describe({ network, family, first, last }: Interval): string {
  return `network ${network}: the ${family} interval ${first} to ${last}`;
}

/** Compares the addresses of endpoints with their leases. */
function holderFaults(
  leases: readonly LeaseRow[],
  endpoints: readonly Endpoint[],
): readonly string[] {
  const held = leases.map(
    ({ network, address, owner }) => `network ${network}, endpoint ${owner}: ${address}`,
  );
  const shown = endpoints.flatMap(({ id, networkId, addresses }) =>
    FAMILIES.map((family) => addresses[family])
      .filter((address) => address !== undefined)
      .map((address) => `network ${networkId}, endpoint ${id}: ${address}`),
  );
  return [
    ...without(shown, held).map(
      (line) => `${line} is an address of the endpoint, but not leased to it`,
    ),
    ...without(held, shown).map(
      (line) => `${line} is leased to the endpoint, but is not one of its addresses`,
    ),
  ];
}

function without(lines: readonly string[], others: readonly string[]): readonly string[] {
  const known = new Set(others);
  return lines.filter((line) => !known.has(line));
}
