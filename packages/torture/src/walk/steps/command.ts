/** Steps that are one command of a user, and how such a command must end. */
import type { Ended } from '../../world/processes.ts';
import type { World } from '../../world/world.ts';
import type { Trouble } from './step.ts';

/** Runs klee, and compares how it ends. */
export async function command(
  world: World,
  words: readonly string[],
  refusals: readonly string[],
): Promise<Trouble> {
  return compare(words, await world.klee(words), refusals);
}

function compare(
  words: readonly string[],
  { status, stderr }: Ended,
  refusals: readonly string[],
): Trouble {
  const code = status === 0 ? undefined : codeOf(stderr);
  if (refusals.length === 0)
    return status === 0
      ? undefined
      : `klee ${words.join(' ')} failed (${status}): ${stderr.trim()}`;
  if (code !== undefined && refusals.includes(code)) return undefined;
  const ended = status === 0 ? 'it was done' : stderr.trim();
  return `klee ${words.join(' ')} was to be refused with ${refusals.join(' or ')}: ${ended}`;
}

/** The code of an error that was printed as JSON. One of several lines may be a warning. */
export function codeOf(stderr: string): string | undefined {
  return /"code":"([A-Z_]+)"/.exec(stderr)?.[1];
}
