/** Whether this process can still open files, determined by trying: SQLite does not say why it could not. */
import { closeSync, openSync } from 'node:fs';
import { descriptorsExhausted, type KleenetError } from '@kleenet/core/errors';

/** SQLite has closed its own by now: the file, its log and the index of that, its journal, and the directory of all. */
const NEEDED = 6;

/** The error when fewer descriptors are left than SQLite needs; undefined when there are enough. */
export function tooFewDescriptors(): KleenetError | undefined {
  const opened: number[] = [];
  try {
    while (opened.length < NEEDED) opened.push(openSync('/dev/null', 'r'));
    return undefined;
  } catch (error) {
    const exhausted = descriptorsExhausted(error);
    if (exhausted === undefined) throw error;
    return exhausted;
  } finally {
    for (const descriptor of opened) closeSync(descriptor);
  }
}
