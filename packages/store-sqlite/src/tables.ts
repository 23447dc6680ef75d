/** The tables of objects, as methods of a transaction. */
import type {
  ClaimReads,
  ClaimWrites,
  EndpointReads,
  MemberReads,
  NamedReadTable,
  Owner,
  ReadTable,
  RunReads,
  RunWrites,
  Writes,
} from '@kleenet/core';
import { isKleenetError, KleenetError } from '@kleenet/core/errors';
import type { Value } from './connection.ts';
import type { Queries } from './database.ts';
import { CLAIM, CONTAINER, decode, ENDPOINT, type Kind, RUN } from './objects.ts';
import { ENDPOINT_ORDER } from './schema.ts';
import { repeatedColumn } from './sqlite-errors.ts';

/** Methods of every table of objects. */
function readsOf<T>(queries: Queries, kind: Kind<T>): ReadTable<T> {
  const { get, list } = selector(queries, kind);
  return {
    get: (id) => get('WHERE id = ?', id),
    list: () => list('ORDER BY created, id'),
  };
}

/** Additional methods for objects with a name. */
export function namedReadsOf<T>(queries: Queries, kind: Kind<T>): NamedReadTable<T> {
  const { get, list } = selector(queries, kind);
  return {
    ...readsOf(queries, kind),
    byName: (name) => get('WHERE name = ?', name),
    // No text with this prefix sorts above the prefix followed by the highest character.
    byIdPrefix: (prefix, limit = 2) =>
      list('WHERE id >= ? AND id < ? ORDER BY id LIMIT ?', prefix, `${prefix}\u{10ffff}`, limit),
  };
}

export function writesOf<T extends { readonly id: string; readonly name?: string }>(
  queries: Queries,
  kind: Kind<T>,
): Writes<T> {
  const { table } = kind;
  return {
    insert(value) {
      namingTheTaken(kind, value.name, () =>
        queries.run(`INSERT INTO ${table} (data) VALUES (?)`, JSON.stringify(value)),
      );
    },
    update(value) {
      const sql = `UPDATE ${table} SET data = ? WHERE id = ?`;
      const changed = namingTheTaken(kind, value.name, () =>
        queries.run(sql, JSON.stringify(value), value.id),
      );
      if (changed === 0) throw missing(kind, value.id);
    },
    remove(id) {
      queries.run(`DELETE FROM ${table} WHERE id = ?`, id);
    },
  };
}

export function endpointReadsOf(queries: Queries): EndpointReads {
  const { get, list } = selector(queries, ENDPOINT);
  return {
    ...readsOf(queries, ENDPOINT),
    byNetwork: (id) => list('WHERE network_id = ? ORDER BY created, id', id),
    byContainer: (id) => list(`WHERE container_id = ? ORDER BY ${ENDPOINT_ORDER}`, id),
    find: (networkId, containerId) =>
      get('WHERE network_id = ? AND container_id = ?', networkId, containerId),
  };
}

/** By the index of the endpoints of a network, and then by that of each table. */
export function memberReadsOf(queries: Queries): MemberReads {
  const on = 'IN (SELECT container_id FROM endpoints WHERE network_id = ?)';
  return {
    containers: (id) => selector(queries, CONTAINER).list(`WHERE id ${on}`, id),
    runs: (id) => selector(queries, RUN).list(`WHERE container_id ${on}`, id),
    endpoints: (id) => selector(queries, ENDPOINT).list(`WHERE container_id ${on}`, id),
  };
}

export function runReadsOf(queries: Queries): RunReads {
  const { get, list } = selector(queries, RUN);
  return {
    byContainer: (id) => get('WHERE container_id = ?', id),
    list: () => list('ORDER BY started, container_id'),
  };
}

export function runWritesOf(queries: Queries): RunWrites {
  return {
    put(run) {
      const replace = 'ON CONFLICT (container_id) DO UPDATE SET data = excluded.data';
      queries.run(`INSERT INTO runs (data) VALUES (?) ${replace}`, JSON.stringify(run));
    },
  };
}

/** Claims in the order in which they were made. */
export function claimReadsOf(queries: Queries): ClaimReads {
  const { list } = selector(queries, CLAIM);
  return {
    byOwner: ({ kind, id }) =>
      list('WHERE owner_kind = ? AND owner_id = ? ORDER BY rowid', kind, id),
    list: () => list('ORDER BY rowid'),
  };
}

export function claimWritesOf(queries: Queries): ClaimWrites {
  return {
    insert(claim) {
      queries.run('INSERT INTO claims (data) VALUES (?)', JSON.stringify(claim));
    },
    remove(id) {
      queries.run('DELETE FROM claims WHERE id = ?', id);
    },
    removeByOwner({ kind, id }) {
      queries.run('DELETE FROM claims WHERE owner_kind = ? AND owner_id = ?', kind, id);
    },
  };
}

/** Each condition repeats that of a partial index, which is nearly empty. */
const UNSETTLED = `
  SELECT 'network' AS kind, id FROM networks WHERE state <> 'ready'
  UNION ALL SELECT 'container', id FROM containers WHERE state <> 'ready'
  UNION ALL SELECT 'container', container_id FROM runs
    WHERE state IN ('starting', 'stopping')
    AND container_id NOT IN (SELECT id FROM containers WHERE state <> 'ready')
  UNION ALL SELECT 'endpoint', id FROM endpoints WHERE state <> 'connected'
  UNION ALL SELECT 'image', id FROM images WHERE state <> 'ready'`;

/** The objects in the middle of an operation. */
export function unsettledOf(queries: Queries): readonly Owner[] {
  return queries.all(UNSETTLED).map(({ kind, id }) => ({ kind, id }) as Owner);
}

interface Selector<T> {
  readonly get: (rest: string, ...values: Value[]) => T | undefined;
  readonly list: (rest: string, ...values: Value[]) => readonly T[];
}

function selector<T>(queries: Queries, kind: Kind<T>): Selector<T> {
  const { path } = queries;
  const select = `SELECT data FROM ${kind.table} `;
  return {
    get(rest, ...values) {
      const row = queries.get(select + rest, ...values);
      return row === undefined ? undefined : decode(kind, row, path);
    },
    list: (rest, ...values) =>
      queries.all(select + rest, ...values).map((row) => decode(kind, row, path)),
  };
}

function namingTheTaken<T, R>(
  { table, noun }: Kind<T>,
  name: string | undefined,
  change: () => R,
): R {
  try {
    return change();
  } catch (error) {
    if (!isKleenetError(error) || repeatedColumn(error) !== `${table}.name`) throw error;
    throw new KleenetError('NAME_TAKEN', `the ${noun} name ${name} is taken`, {
      hint: 'choose another name',
      details: { kind: noun, name },
      cause: error,
    });
  }
}

function missing<T>({ noun }: Kind<T>, id: string): KleenetError {
  return new KleenetError('CONSTRAINT_VIOLATED', `no ${noun} has the id ${id}`, {
    details: { kind: noun, id },
  });
}
