import type { Connection, Sqlite, Statement, Value } from './connection.ts';
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

/** An open database that throws KleenetErrors, and prepares a statement on first use. */
export class Database implements Queries {
  readonly path: string;
  readonly #connection: Connection;
  readonly #statements: Map<string, Statement> = new Map();

  private constructor(path: string, connection: Connection) {
    this.path = path;
    this.#connection = connection;
  }

  /**
   * @param pragmas - statements to run immediately; the file is closed again when they fail
   * @param busyTimeout - see {@link Sqlite}
   */
  static open(sqlite: Sqlite, path: string, pragmas: string, busyTimeout: number): Database {
    let connection: Connection | undefined;
    try {
      connection = sqlite.open(path, busyTimeout);
      connection.exec(pragmas);
      return new Database(path, connection);
    } catch (error) {
      connection?.close();
      throw databaseError(error, path);
    }
  }

  exec(sql: string): void {
    this.#translate(() => this.#connection.exec(sql));
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

  close(): void {
    this.#translate(() => this.#connection.close());
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
