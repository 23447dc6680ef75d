import { shown } from './thrown.ts';

/** Runs a check; its failure names the variant. */
export async function naming(what: string, check: () => Promise<void>): Promise<void> {
  try {
    await check();
  } catch (cause) {
    throw new Error(`${what}: ${shown(cause)}`, { cause });
  }
}
