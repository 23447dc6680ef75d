import type { Connection, Sqlite, Statement, Value } from './connection.ts';
import { closeKeepingLog, OPEN_ALL } from './closing.ts';
import { databaseError } from './sqlite-errors.ts';

/** A row by column name. */
export type Row = Readonly<Record<string, unknown>>;

/** Runs queries: a {@link Database}, or the part of it that is valid during one transaction. */
export interface Queries {
  /** The file, for messages. */
  readonly path: string;
  get(sql: string, ...values: Value[]): Row | undefined;
  all(sql: string, ...values: Value[]): readonly Row[];
  /** Returns how many rows it changed. */
  run(sql: string, ...values: Value[]): number;
}

/** How a database is opened and closed. */
interface Opening {
  readonly path: string;
  readonly open: () => Connection;
  readonly close: (connection: Connection) => void;
  /** Opens one more connection. */
  readonly openAnother?: () => Connection;
  readonly isCopy?: boolean;
}

/** An open database that throws KleenetErrors, and prepares a statement on first use. */
export class Database implements Queries {
  readonly path: string;
  /** Whether this is a copy of the file. */
  readonly isCopy: boolean;
  readonly #connection: Connection;
  readonly #close: (connection: Connection) => void;
  readonly #openAnother: () => Connection;
  readonly #statements: Map<string, Statement> = new Map();

  private constructor(
    connection: Connection,
    { path, open, close, openAnother = open, isCopy = false }: Opening,
  ) {
    this.path = path;
    this.#openAnother = openAnother;
    this.isCopy = isCopy;
    this.#connection = connection;
    this.#close = close;
  }

  /**
   * @param pragmas - statements to run immediately; the file is closed again when they fail
   * @param busyTimeout - see {@link Sqlite}
   */
  static open(sqlite: Sqlite, path: string, pragmas: string, busyTimeout: number): Database {
    const open = (): Connection => sqlite.open(path, busyTimeout);
    return Database.#open(pragmas, { path, open, close: (connection) => connection.close() });
  }

  /**
   * As {@link open}, and closing it leaves the log.
   *
   * @param use - run when the file is open; what it returns is run once that is closed
   */
  static openKeepingLog(
    sqlite: Sqlite,
    path: string,
    pragmas: string,
    busyTimeout: number,
    use: () => () => void,
  ): Database {
    let release: (() => void) | undefined;
    const openAnother = (): Connection => sqlite.open(path, busyTimeout);
    const open = (): Connection => {
      const connection = openAnother();
      release = use();
      return connection;
    };
    const close = (connection: Connection): void => {
      closeKeepingLog(sqlite, path, connection);
      release?.();
    };
    return Database.#open(pragmas, { path, open, close, openAnother });
  }

  /** Opens a copy of the file `path` for reading, and reads from it. */
  static openCopy(sqlite: Sqlite, copy: string, path: string): Database {
    const open = (): Connection => sqlite.openReader(copy);
    return Database.#open(OPEN_ALL, {
      path,
      open,
      close: (connection) => connection.close(),
      isCopy: true,
    });
  }

  static #open(sql: string, opening: Opening): Database {
    let connection: Connection | undefined;
    try {
      connection = opening.open();
      connection.exec(sql);
      return new Database(connection, opening);
    } catch (error) {
      if (connection !== undefined) opening.close(connection);
      throw databaseError(error, opening.path);
    }
  }

  exec(sql: string): void {
    this.#translate(() => this.#connection.exec(sql));
  }

  /** Runs a statement in another connection, beside the open transaction of this one. */
  execBeside(sql: string): void {
    this.#translate(() => {
      const another = this.#openAnother();
      try {
        another.exec(sql);
      } finally {
        another.close();
      }
    });
  }

  get(sql: string, ...values: Value[]): Row | undefined {
    return this.#translate(() => this.#prepare(sql).get(...values)) as Row | undefined;
  }

  all(sql: string, ...values: Value[]): readonly Row[] {
    return this.#translate(() => this.#prepare(sql).all(...values)) as readonly Row[];
  }

  run(sql: string, ...values: Value[]): number {
    return this.#translate(() => Number(this.#prepare(sql).run(...values).changes));
  }

  /** Rolls a transaction back; does nothing when SQLite has already done so, as after a full disk. */
  rollback(): void {
    try {
      this.#connection.exec('ROLLBACK');
    } catch (error) {
      if (!(error instanceof Error && error.message.includes('no transaction is active'))) {
        throw databaseError(error, this.path);
      }
    }
  }

  /** How many rows were changed since it was opened. */
  countChanges(): number {
    return Number(this.all('SELECT total_changes() AS changes')[0]?.['changes']);
  }

  /** What a pragma is set to. */
  pragma(name: string): unknown {
    return this.all(`PRAGMA ${name}`)[0]?.[name];
  }

  close(): void {
    this.#translate(() => this.#close(this.#connection));
  }

  #prepare(sql: string): Statement {
    const known = this.#statements.get(sql);
    if (known !== undefined) return known;
    const statement = this.#connection.prepare(sql);
    this.#statements.set(sql, statement);
    return statement;
  }

  #translate<T>(work: () => T): T {
    try {
      return work();
    } catch (error) {
      throw databaseError(error, this.path);
    }
  }
}

/** The queries of one transaction: refused once it has ended, so that no write can happen outside it by mistake. */
export class Scope implements Queries {
  readonly path: string;
  #database: Database | undefined;

  constructor(database: Database) {
    this.path = database.path;
    this.#database = database;
  }

  get(sql: string, ...values: Value[]): Row | undefined {
    return this.#open().get(sql, ...values);
  }

  all(sql: string, ...values: Value[]): readonly Row[] {
    return this.#open().all(sql, ...values);
  }

  run(sql: string, ...values: Value[]): number {
    return this.#open().run(sql, ...values);
  }

  end(): void {
    this.#database = undefined;
  }

  #open(): Database {
    if (this.#database === undefined) throw new TypeError('the transaction is over');
    return this.#database;
  }
}
