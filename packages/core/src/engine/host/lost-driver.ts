/**
 * Containers and networks whose driver is unavailable: its plugin was removed, or no longer loads. The claims record the driver's
 * resources, which is enough to remove them.
 */
import { isKleenetError } from '../../errors.ts';
import type { KleenetError } from '../../errors.ts';
import type { Owner, Resource } from '../../model.ts';
import { newId } from '../../names.ts';
import { resourceName } from '../../resource.ts';
import type { Engine } from '../context.ts';
import { cleanupFor } from '../records/claims.ts';

/** A driver (or its data plane), or the reason why it is unavailable. */
export type Reached<T> = { readonly driver: T } | { readonly lost: KleenetError };

/** Loading a driver changes nothing on the host, so core can continue after any failure of it. */
export async function reach<T>(load: () => Promise<T>): Promise<Reached<T>> {
  try {
    return { driver: await load() };
  } catch (error) {
    if (!isKleenetError(error)) throw error;
    return { lost: error };
  }
}

/** What is removed without its driver. */
export interface Left {
  readonly owner: Owner;
  readonly claims: readonly Resource[];
  /** For people: `container 'a' was detached`. */
  readonly done: string;
  readonly driver: string;
}

/**
 * Removes the claimed resources of an endpoint, or those that the driver of a network made for it. Claims that core cannot
 * remove stay recorded, without an owner, so that `klee system check` lists them.
 */
export async function removeWithoutDriver(
  engine: Engine,
  { owner, claims, done, driver }: Left,
  lost: KleenetError,
): Promise<void> {
  const left = await engine.platform.removeResources(claims, cleanupFor(engine, owner));
  if (left.length > 0) await disown(engine, owner, left);
  engine.logger.warn(
    `${done} without its driver ${driver} (${lost.message})${left.length === 0 ? '' : `; ${left.map(resourceName).join(', ')} may be left, see 'klee system check'`}`,
  );
}

function disown(engine: Engine, owner: Owner, left: readonly Resource[]): Promise<void> {
  const names = new Set(left.map(resourceName));
  return engine.store.write((tx) => {
    for (const claim of tx.claims.byOwner(owner)) {
      if (!names.has(resourceName(claim.resource))) continue;
      tx.claims.remove(claim.id);
      tx.claims.insert({ ...claim, id: newId(), owner: { kind: owner.kind, id: newId() } });
    }
  });
}
