/** The database's record of its own location. Copies of the file carry it along. */
import type { Queries } from './database.ts';
import { damaged } from './sqlite-errors.ts';

/** The location of a state directory. */
export interface Home {
  /** Identifies the directory; copies have the same. */
  readonly id: string;
  /** The host that its networks and containers are on. */
  readonly host: string;
  /** The path of the directory, without links. */
  readonly path: string;
}

export function readHome(queries: Queries): Home | undefined {
  const row = queries.get('SELECT data FROM home');
  if (row === undefined) return undefined;
  const home: unknown = parse(String(row['data']));
  if (isHome(home)) return home;
  throw damaged(queries.path, 'its recorded location cannot be read');
}

export function writeHome(queries: Queries, home: Home): void {
  queries.run('DELETE FROM home');
  queries.run('INSERT INTO home (data) VALUES (?)', JSON.stringify(home));
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isHome(value: unknown): value is Home {
  if (typeof value !== 'object' || value === null) return false;
  const { id, host, path } = value as Readonly<Record<string, unknown>>;
  return [id, host, path].every((member) => typeof member === 'string');
}
