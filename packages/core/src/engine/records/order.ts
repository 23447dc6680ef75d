/** The numbers that say in which order a container was connected to its networks. */
import { KleenetError } from '../../errors.ts';
import type { Container } from '../../model.ts';
import { ORDER_LIMIT } from '../../kit/preference.ts';
import type { Snapshot, Transaction } from '../../store.ts';

/** A number, not the time: one command makes several endpoints at once, and clocks are set back. */
export function nextOrder(snapshot: Snapshot, { id }: Pick<Container, 'id'>): number {
  const last = snapshot.endpoints.byContainer(id).at(-1);
  return last === undefined ? 0 : last.order + 1;
}

/**
 * Numbers the endpoints of a container anew, from 0, when the next would reach the limit. Returns whether it did: what
 * the host has for them then still goes by the old numbers.
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
  // Upwards: no endpoint gets a number that a later one still has.
  for (const [order, endpoint] of endpoints.entries()) tx.endpoints.update({ ...endpoint, order });
  return true;
}
