import type { Database } from './database.ts';
import { TABLES } from './schema.ts';

/** Copies all rows into an empty database of the same version, row by row in their order. */
export function copyTables(source: Database, target: Database): void {
  target.exec('BEGIN');
  for (const table of TABLES) copyTable(table, source, target);
  target.exec('COMMIT');
}

function copyTable(table: string, source: Database, target: Database): void {
  // Generated columns are not in this list.
  const columns = target.all(`PRAGMA table_info(${table})`).map(({ name }) => String(name));
  const list = columns.join(', ');
  const insert = `INSERT INTO ${table} (${list}) VALUES (${columns.map(() => '?').join(', ')})`;
  for (const row of source.all(`SELECT ${list} FROM ${table}`)) {
    target.run(insert, ...columns.map((column) => String(row[column])));
  }
}
