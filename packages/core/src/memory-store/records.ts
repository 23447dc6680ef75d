import type { Claim, Container, Owner, Run } from '../model.ts';
import type { ClaimReads, ClaimWrites, ReadTable, RunReads, RunWrites } from '../store.ts';
import { frozen } from '../frozen.ts';
import { type Journal, JournaledMap } from './journal.ts';
import { violated } from './tables.ts';

/** The last run of each container. */
export class RunTable implements RunReads, RunWrites {
  readonly #containers: ReadTable<Container>;
  readonly #rows: JournaledMap<string, Run>;

  constructor(journal: Journal, containers: ReadTable<Container>, source: RunTable | undefined) {
    this.#containers = containers;
    this.#rows = new JournaledMap(journal, source === undefined ? undefined : source.#rows);
  }

  byContainer(containerId: string): Run | undefined {
    return this.#rows.get(containerId);
  }

  list(): readonly Run[] {
    return this.#rows.values();
  }

  put(run: Run): void {
    if (this.#containers.get(run.containerId) === undefined)
      throw violated(`no container has the id ${run.containerId}`);
    this.#rows.set(run.containerId, frozen(run));
  }

  /** Deletes the run of a removed container. */
  drop(containerId: string): void {
    this.#rows.delete(containerId);
  }
}

/** Claims in the order in which they were made. */
export class ClaimTable implements ClaimReads, ClaimWrites {
  readonly #rows: JournaledMap<string, Claim>;

  constructor(journal: Journal, source: ClaimTable | undefined) {
    this.#rows = new JournaledMap(journal, source === undefined ? undefined : source.#rows);
  }

  byOwner({ kind, id }: Owner): readonly Claim[] {
    return this.#rows.values().filter(({ owner }) => owner.kind === kind && owner.id === id);
  }

  list(): readonly Claim[] {
    return this.#rows.values();
  }

  insert(claim: Claim): void {
    if (this.#rows.has(claim.id)) throw violated(`the id ${claim.id} is taken`);
    this.#rows.set(claim.id, frozen(claim));
  }

  remove(id: string): void {
    this.#rows.delete(id);
  }

  removeByOwner(owner: Owner): void {
    for (const { id } of this.byOwner(owner)) this.#rows.delete(id);
  }
}
