import { KleenetError } from '../errors.ts';
import type { Endpoint } from '../model.ts';
import type { EndpointReads, NamedReadTable, ReadTable, Writes } from '../store.ts';
import { frozen } from '../frozen.ts';
import { type Journal, JournaledMap } from './journal.ts';

/** Properties of every stored object. */
interface Stored {
  readonly id: string;
  readonly created: string;
}

/** Constraints of a table. */
export interface Rules<T> {
  /** The unique key beside the id. */
  readonly keyOf: (value: T) => string;
  /** The error for a duplicate key. */
  readonly taken: (value: T) => KleenetError;
  /** Throws when `value` may not be stored; `before` is the value that it replaces. */
  readonly check: (value: T, before: T | undefined) => void;
  /** Throws when `value` may not be removed, and cascades the removal. */
  readonly removing: (value: T) => void;
}

/** The error for a broken rule of the store. */
export function violated(problem: string): KleenetError {
  return new KleenetError('CONSTRAINT_VIOLATED', problem);
}

/** Objects by id, with one more unique key. */
class Table<T extends Stored> implements ReadTable<T>, Writes<T> {
  readonly #rules: Rules<T>;
  readonly #rows: JournaledMap<string, T>;
  readonly #ids: JournaledMap<string, string>;

  constructor(journal: Journal, rules: Rules<T>, source: Table<T> | undefined) {
    this.#rules = rules;
    this.#rows = new JournaledMap(journal, source === undefined ? undefined : source.#rows);
    this.#ids = new JournaledMap(journal, source === undefined ? undefined : source.#ids);
  }

  get(id: string): T | undefined {
    return this.#rows.get(id);
  }

  list(): readonly T[] {
    return [...this.#rows.values()].sort(
      (a, b) => compare(a.created, b.created) || compare(a.id, b.id),
    );
  }

  byKey(key: string): T | undefined {
    const id = this.#ids.get(key);
    return id === undefined ? undefined : this.#rows.get(id);
  }

  insert(value: T): void {
    if (this.#rows.has(value.id)) throw violated(`the id ${value.id} is taken`);
    this.#put(value, undefined);
  }

  update(value: T): void {
    const before = this.#rows.get(value.id);
    if (before === undefined) throw violated(`there is nothing to update with the id ${value.id}`);
    this.#put(value, before);
  }

  remove(id: string): void {
    const value = this.#rows.get(id);
    if (value === undefined) return;
    this.#rules.removing(value);
    this.#rows.delete(id);
    this.#ids.delete(this.#rules.keyOf(value));
  }

  #put(value: T, before: T | undefined): void {
    const key = this.#rules.keyOf(value);
    const holder = this.#ids.get(key);
    if (holder !== undefined && holder !== value.id) throw this.#rules.taken(value);
    this.#rules.check(value, before);
    if (before !== undefined) this.#ids.delete(this.#rules.keyOf(before));
    this.#rows.set(value.id, frozen(value));
    this.#ids.set(key, value.id);
  }
}

/** Objects that also have a unique name. */
export class NamedTable<T extends Stored & { readonly name: string }>
  extends Table<T>
  implements NamedReadTable<T>
{
  byName(name: string): T | undefined {
    return this.byKey(name);
  }

  byIdPrefix(prefix: string, limit = 2): readonly T[] {
    const found = this.list().filter((value) => value.id.startsWith(prefix));
    return found.sort((a, b) => compare(a.id, b.id)).slice(0, limit);
  }
}

/** Endpoints; the pair of network and container is unique. */
export class EndpointTable extends Table<Endpoint> implements EndpointReads {
  byNetwork(networkId: string): readonly Endpoint[] {
    return this.list().filter((endpoint) => endpoint.networkId === networkId);
  }

  byContainer(containerId: string): readonly Endpoint[] {
    return this.list()
      .filter((endpoint) => endpoint.containerId === containerId)
      .sort((a, b) => a.order - b.order);
  }

  find(networkId: string, containerId: string): Endpoint | undefined {
    return this.byKey(pair(networkId, containerId));
  }
}

/** The key of an endpoint. */
export function pair(networkId: string, containerId: string): string {
  return `${networkId} ${containerId}`;
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
