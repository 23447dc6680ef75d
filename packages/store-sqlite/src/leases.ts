import type { Family, Lease, LeaseReads, LeaseWrites, PoolKey } from '@kleenet/core';
import type { Queries, Row } from './database.ts';

/** Hex digits of a number. */
const DIGITS: Readonly<Record<Family, number>> = { ipv4: 8, ipv6: 32 };

const LAST: Readonly<Record<Family, bigint>> = { ipv4: (1n << 32n) - 1n, ipv6: (1n << 128n) - 1n };

const IN_POOL = 'WHERE network_id = ? AND family = ?';
const LEASE = 'SELECT network_id, address, owner FROM leases';

/** Leases by the number of their address. */
export function leaseReadsOf(queries: Queries): LeaseReads {
  return {
    get({ networkId, family }, address) {
      const row = queries.get(
        `${LEASE} ${IN_POOL} AND number = ?`,
        networkId,
        family,
        encode(family, address),
      );
      return row === undefined ? undefined : toLease(row);
    },
    byOwner: (owner) =>
      queries
        .all(`${LEASE} WHERE owner = ? ORDER BY network_id, family, number`, owner)
        .map(toLease),
    list: ({ networkId, family }) =>
      queries.all(`${LEASE} ${IN_POOL} ORDER BY number`, networkId, family).map(toLease),
    count({ networkId, family }) {
      return Number(
        queries.get(`SELECT count(*) AS count FROM leases ${IN_POOL}`, networkId, family)?.[
          'count'
        ],
      );
    },
    spanAtOrBelow({ networkId, family }, address) {
      if (address < 0n) return undefined;
      const from = encode(family, address > LAST[family] ? LAST[family] : address);
      const sql = `SELECT first, last FROM lease_runs ${IN_POOL} AND first <= ? ORDER BY first DESC LIMIT 1`;
      const row = queries.get(sql, networkId, family, from);
      return row === undefined
        ? undefined
        : Object.freeze({ first: decodeNumber(row['first']), last: decodeNumber(row['last']) });
    },
    cursor({ networkId, family }) {
      const row = queries.get(`SELECT number FROM cursors ${IN_POOL}`, networkId, family);
      return row === undefined ? undefined : decodeNumber(row['number']);
    },
  };
}

export function leaseWritesOf(queries: Queries): LeaseWrites {
  return {
    insert({ networkId, family }, address, lease) {
      const sql =
        'INSERT INTO leases (network_id, family, number, address, owner) VALUES (?, ?, ?, ?, ?)';
      queries.run(sql, networkId, family, encode(family, address), lease.address, lease.owner);
    },
    remove({ networkId, family }, address, owner) {
      const sql = `DELETE FROM leases ${IN_POOL} AND number = ? AND owner = ?`;
      return queries.run(sql, networkId, family, encode(family, address), owner) > 0;
    },
    putSpan(pool, { first, last }) {
      const sql =
        'INSERT OR REPLACE INTO lease_runs (network_id, family, first, last) VALUES (?, ?, ?, ?)';
      queries.run(sql, ...key(pool), encode(pool.family, first), encode(pool.family, last));
    },
    removeSpan(pool, first) {
      queries.run(
        `DELETE FROM lease_runs ${IN_POOL} AND first = ?`,
        ...key(pool),
        encode(pool.family, first),
      );
    },
    setCursor(pool, address) {
      const sql = 'INSERT OR REPLACE INTO cursors (network_id, family, number) VALUES (?, ?, ?)';
      queries.run(sql, ...key(pool), encode(pool.family, address));
    },
  };
}

/** The number of a row as a number. */
export function decodeNumber(digits: unknown): bigint {
  return BigInt(`0x${String(digits)}`);
}

/** A number as a row has it. */
export function encode(family: Family, number: bigint): string {
  if (number < 0n || number > LAST[family])
    throw new TypeError(`${number} is not an ${family} address`);
  return number.toString(16).padStart(DIGITS[family], '0');
}

/** The number of an address in canonical form; undefined for other text. For checks: it also reads invalid text. */
export function numberOfAddress(family: Family, address: string): bigint | undefined {
  const digits = family === 'ipv4' ? hexOfQuad(address) : hexOfGroups(address);
  return /^[0-9a-f]+$/.test(digits) ? BigInt(`0x${digits}`) : undefined;
}

function hexOfQuad(quad: string): string {
  return quad
    .split('.')
    .map((part) => Number(part).toString(16).padStart(2, '0'))
    .join('');
}

function hexOfGroups(text: string): string {
  const tail = text.slice(text.lastIndexOf(':') + 1);
  const plain = tail.includes('.')
    ? text.slice(0, -tail.length) + hexOfQuad(tail).replace(/^.{4}/, '$&:')
    : text;
  const [before = [], after = []] = plain
    .split('::')
    .map((half) => half.split(':').filter((group) => group !== ''));
  const zeros = Array<string>(Math.max(0, 8 - before.length - after.length)).fill('0');
  return [...before, ...zeros, ...after].map((group) => group.padStart(4, '0')).join('');
}

function key({ networkId, family }: PoolKey): [string, Family] {
  return [networkId, family];
}

function toLease({ network_id: networkId, address, owner }: Row): Lease {
  return Object.freeze({ networkId, address, owner } as Lease);
}
