/** Operations on several objects that the user has named: each has its own outcome. */
import { hasCode } from '../../errors.ts';
import { throwTogether } from '../../kit/try-all.ts';
import type { KleenetError } from '../../errors.ts';
import type { Snapshot } from '../../store.ts';
import type { Engine } from '../context.ts';

/** What became of an object: its id, or the reason why the operation on it failed. */
export type Outcome = { readonly id: string } | { readonly error: unknown };

/** Takes the outcomes in the order of the references, each as soon as those before it are known. */
export type Tell = (reference: string, outcome: Outcome) => void;

/** Takes the outcome for an object: the error, or nothing. */
export type Settle = (id: string, error?: unknown) => void;

export interface Named {
  readonly references: readonly string[];
  /** Called before the references are resolved. */
  readonly before?: () => Promise<void>;
  readonly resolve: (snapshot: Snapshot, reference: string) => { readonly id: string };
  /** Gets each object once, and settles each; if it fails, those that it has not settled have failed with that. */
  readonly work: (ids: readonly string[], settle: Settle) => Promise<void>;
  /** The error for an object that was named before by another reference; without it, both have the same outcome. */
  readonly again?: (reference: string) => KleenetError;
}

/** Works on the named objects together. Fails only when `work` does after it has settled everything. */
export async function forNamed(engine: Engine, named: Named, tell: Tell): Promise<void> {
  const outcomes = new Outcomes(named.references, tell);
  try {
    await named.before?.();
    const ids = await resolveAll(engine, named, outcomes);
    if (ids.size > 0)
      await named.work([...ids.keys()], (id, error) => {
        for (const reference of ids.get(id) ?? [])
          outcomes.set(reference, error === undefined ? { id } : { error });
      });
  } catch (error) {
    if (!outcomes.setRest({ error })) throw error;
  }
}

/** The references by the ids that they lead to. */
async function resolveAll(
  engine: Engine,
  { references, resolve, again }: Named,
  outcomes: Outcomes,
): Promise<ReadonlyMap<string, readonly string[]>> {
  return engine.store.read((snapshot) => {
    const ids = new Map<string, string[]>();
    for (const reference of references) {
      try {
        const { id } = resolve(snapshot, reference);
        const known = ids.get(id) ?? [];
        if (known.length > 0 && again !== undefined) throw again(reference);
        ids.set(id, [...known, reference]);
      } catch (error) {
        outcomes.set(reference, { error });
      }
    }
    return ids;
  });
}

/** Removes objects that the user has not named: tells of each that is gone, and fails in the end with all failures. */
export async function pruning(
  removed: (id: string) => void,
  work: (settle: Settle) => Promise<void>,
): Promise<void> {
  const failures: unknown[] = [];
  await work((id, error) => {
    if (error === undefined) removed(id);
    else failures.push(error);
  });
  throwTogether(failures);
}

/** Tells failures of single objects. @throws the error of an operation that the user has interrupted */
export function settleUnlessInterrupted(settle: Settle): Settle {
  return (id, error) => {
    if (hasCode(error, 'INTERRUPTED')) throw error;
    settle(id, error);
  };
}

/** Keeps outcomes until those before them are told. */
class Outcomes {
  readonly #references: readonly string[];
  readonly #tell: Tell;
  readonly #known = new Map<string, Outcome>();
  #told = 0;

  constructor(references: readonly string[], tell: Tell) {
    this.#references = references;
    this.#tell = tell;
  }

  /** The first outcome of a reference stands. */
  set(reference: string, outcome: Outcome): void {
    if (!this.#known.has(reference)) this.#known.set(reference, outcome);
    for (; this.#told < this.#references.length; this.#told += 1) {
      const next = this.#references[this.#told] ?? '';
      const known = this.#known.get(next);
      if (known === undefined) return;
      this.#tell(next, known);
    }
  }

  /** Returns whether there were any without an outcome. */
  setRest(outcome: Outcome): boolean {
    const rest = this.#references.filter((reference) => !this.#known.has(reference));
    for (const reference of rest) this.set(reference, outcome);
    return rest.length > 0;
  }
}

/** The id of the only object of an operation that takes several. @throws its error */
export async function onlyOne(work: (tell: Tell) => Promise<void>): Promise<string> {
  const outcomes: Outcome[] = [];
  await work((_, outcome) => void outcomes.push(outcome));
  const [outcome] = outcomes;
  if (outcome === undefined) throw new TypeError('the operation has told nothing');
  if ('error' in outcome) throw outcome.error;
  return outcome.id;
}
