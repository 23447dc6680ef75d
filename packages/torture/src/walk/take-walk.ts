/** Takes a walk in a process of its own, in namespaces that die with it. */
import { join } from 'node:path';
import { inNamespaces } from '../in-namespaces.ts';
import type { Walked } from './findings.ts';
import type { WalkOrder } from './walk-main.ts';

const MAIN = join(import.meta.dirname, 'walk-main.ts');

/** What it tells while it goes is handed to `log`. */
export function takeWalk(order: WalkOrder, log: (line: string) => void): Promise<Walked> {
  return inNamespaces<WalkOrder, Walked>(MAIN, order, log);
}
