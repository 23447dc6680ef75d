/** Visits a scenario in a process of its own, in namespaces that die with it. */
import { join } from 'node:path';
import { inNamespaces } from '../in-namespaces.ts';
import type { VisitOrder, Visited } from './visit.ts';

const MAIN = join(import.meta.dirname, 'away-main.ts');

export function takeAway(order: VisitOrder, log: (line: string) => void): Promise<Visited> {
  return inNamespaces<VisitOrder, Visited>(MAIN, order, log);
}
