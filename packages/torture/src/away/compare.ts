/** Compares looks at a host, and says what each command of klee has made. Pure. */
import type { Entry, Look } from './look/entry.ts';

/** The entries that were added, removed or changed, by key. */
export function changed(before: Look, after: Look): readonly string[] {
  const gone = [...before.keys()].filter((key) => !after.has(key));
  const other = [...after.values()].filter(({ key, value }) => before.get(key)?.value !== value);
  return [...gone, ...other.map(({ key }) => key)];
}

/** One line for each: what it was, and what it is. */
export function differences(before: Look, after: Look): readonly string[] {
  return changed(before, after).map((key) => {
    const [old, now] = [before.get(key)?.value, after.get(key)?.value];
    if (now === undefined) return `- ${key}: ${old}`;
    return old === undefined ? `+ ${key}: ${now}` : `${key}: ${old} is now ${now}`;
  });
}

/** What klee made, and may be taken away. */
export interface Owned {
  readonly entry: Entry;
  /** The value before klee made it, or that of a plain interface. */
  readonly old: string;
  /** The container or network whose command made it, or changed it last. */
  readonly owner: string;
}

/** The host after each command, with the name of what that made. */
export interface Step {
  readonly name: string;
  readonly look: Look;
}

/** Every entry that the commands have left, with its owner. */
export function owners(before: Look, stages: readonly Step[]): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let last = before;
  for (const { name, look } of stages) {
    for (const key of changed(last, look)) found.set(key, name);
    last = look;
  }
  return found;
}

export function made(
  before: Look,
  stages: readonly Step[],
  plainOf: (entry: Entry) => string | undefined,
): readonly Owned[] {
  const after = stages.at(-1)?.look ?? before;
  const owner = owners(before, stages);
  return [...after.values()].flatMap((entry): readonly Owned[] => {
    const name = owner.get(entry.key);
    const old = before.get(entry.key)?.value ?? plainOf(entry);
    if (name === undefined || old === entry.value) return [];
    return [{ entry, old: old ?? '', owner: name }];
  });
}
