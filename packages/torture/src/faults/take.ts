/** Takes faults in a process of its own, in namespaces that die with it. */
import { join } from 'node:path';
import { inNamespaces } from '../in-namespaces.ts';
import type { FaultsAnswer, FaultsOrder } from './faults-main.ts';

const MAIN = join(import.meta.dirname, 'faults-main.ts');

/** What it tells while it goes is handed to `log`. */
export function takeFaults(order: FaultsOrder, log: (line: string) => void): Promise<FaultsAnswer> {
  return inNamespaces<FaultsOrder, FaultsAnswer>(MAIN, order, log);
}
