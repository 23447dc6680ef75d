/** Puts readable names in place of what is different each time that klee runs. Pure. */

/** What stands before an id says of what it is. */
const IDS: readonly (readonly [RegExp, string])[] = [
  [/(?<=kln)[0-9a-f]{12}/g, 'NETWORK'],
  [/(?<=(?:kleenet:network:|klee_))[0-9a-f]{12}/g, 'NETWORK'],
  [/(?<=(?:klee-|containers\/))[0-9a-f]{12}/g, 'CONTAINER'],
  [/(?<=(?:kleenet:endpoint:|klee\/endpoint-))[0-9a-f]{12}/g, 'ENDPOINT'],
  [/(?<=images\/)[0-9a-f]{12}/g, 'IMAGE'],
  [/(?<=run-)[0-9a-f]{12}/g, 'RUN'],
  [/(?<=exec-)[0-9a-f]{16}/g, 'EXEC'],
];

/** Ids, MAC addresses and the units of interfaces as `KIND`, `KIND2`, … in the order in which they come. */
export function plainNames(text: string): string {
  const names = new Names();
  // How long a script is does not matter to what it does.
  let plain = text.replaceAll(/\(\d+ lines\)/g, '(… lines)');
  for (const [pattern, kind] of IDS) {
    for (const [id] of plain.matchAll(pattern)) names.add(kind, id);
  }
  for (const [id] of plain.matchAll(/\b[0-9a-f]{12}\b/g)) names.add('ID', id);
  for (const [mac] of plain.matchAll(/\b(?:[0-9a-f]{2}:){5}[0-9a-f]{2}\b/g)) names.add('MAC', mac);
  for (const [unit] of plain.matchAll(/(?<=\bepair)\d{2,}/g)) names.add('UNIT', unit);
  for (const [seen, name] of names.all()) plain = plain.replaceAll(seen, name);
  return plain;
}

class Names {
  readonly #names: Map<string, string> = new Map();
  readonly #counts: Map<string, number> = new Map();

  add(kind: string, seen: string): void {
    if (this.#names.has(seen)) return;
    const count = (this.#counts.get(kind) ?? 0) + 1;
    this.#counts.set(kind, count);
    this.#names.set(seen, count === 1 ? kind : `${kind}${count}`);
  }

  all(): Iterable<readonly [string, string]> {
    return this.#names;
  }
}
