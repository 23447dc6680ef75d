/** Numbers that record the order in which a container was connected to its networks. */
import { KleenetError } from '../../errors.ts';
import type { Container } from '../../model.ts';
import { ORDER_LIMIT } from '../../kit/preference.ts';
import type { Snapshot, Transaction } from '../../store.ts';

/** A number, not a time: one command makes several endpoints at once, and clocks can go backwards. */
export function nextOrder(snapshot: Snapshot, { id }: Pick<Container, 'id'>): number {
  const last = snapshot.endpoints.byContainer(id).at(-1);
  return last === undefined ? 0 : last.order + 1;
}

/**
 * Renumbers the endpoints of a container from 0 when the next number would reach the limit. Returns whether it did: the
 * host still uses the old numbers.
 * @throws KleenetError INVALID_ARGUMENT for a container that has as many endpoints as there are numbers
 */
export function makeRoom(tx: Transaction, container: Container): boolean {
  if (nextOrder(tx, container) < ORDER_LIMIT) return false;
  const endpoints = tx.endpoints.byContainer(container.id);
  if (endpoints.length >= ORDER_LIMIT) {
    throw new KleenetError(
      'INVALID_ARGUMENT',
      `container '${container.name}' is connected to ${endpoints.length} networks, which is the maximum`,
      { hint: 'disconnect it from one that it does not need: klee network disconnect' },
    );
  }
  // In ascending order: a new number never collides with one that a later endpoint still has.
  for (const [order, endpoint] of endpoints.entries()) tx.endpoints.update({ ...endpoint, order });
  return true;
}
