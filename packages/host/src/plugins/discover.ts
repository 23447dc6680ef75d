/** Searches every place for plugins, and resolves conflicts between them. Loads no code. */
import { readdirSync } from 'node:fs';
import type { Dirent } from 'node:fs';
import { join } from 'node:path';
import { linkOf } from './link.ts';
import type { PluginLink } from './link.ts';
import { readPackage } from './package.ts';
import type { FoundPlugin, Looking, SkippedPlugin } from './package.ts';
import type { Origin, Place } from './places.ts';
import type { Witness } from './witness.ts';

/** Plugins known before the search: names of packages and of their drivers. */
export interface Present {
  readonly name: string;
  readonly drivers: readonly { readonly name: string }[];
}

export interface Discovery {
  /** In order of precedence. */
  readonly found: readonly FoundPlugin[];
  readonly skipped: readonly SkippedPlugin[];
}

interface Candidate {
  readonly origin: Origin;
  readonly directory: string;
  readonly link?: PluginLink | undefined;
}

/**
 * @param places - directories of plugins, in order of precedence
 * @param configured - packages that the configuration names; they come last
 */
export function discover(
  places: readonly Place[],
  configured: readonly string[],
  present: readonly Present[],
  looking: Looking,
): Discovery {
  const candidates = [
    ...places.flatMap((place) => listPlace(place, looking.witness)),
    ...configured.map((directory): Candidate => ({ origin: 'config', directory })),
  ];
  const choice = new Choice(present);
  for (const { directory, origin, link } of candidates) {
    looking.witness.look('link', directory);
    choice.add(readPackage(directory, origin, looking, link));
  }
  return choice;
}

/**
 * Each entry is a package; `@scope` holds more of them. Names with a dot are private. An unreadable folder counts as a
 * package, and is then reported as invalid.
 */
function listPlace({ origin, directory }: Place, witness: Witness): readonly Candidate[] {
  const names = listFolder(directory, witness);
  if (names === undefined) return [{ origin, directory }];
  return names.flatMap((name) => {
    const path = join(directory, name);
    const inside = name.startsWith('@') ? (listFolder(path, witness) ?? ['']) : [''];
    return inside.map((rest): Candidate => {
      const entry = join(path, rest);
      return { origin, directory: entry, link: linkOf(directory, entry) };
    });
  });
}

/** Folders and links, sorted by name; undefined when they cannot be read. */
function listFolder(directory: string, witness: Witness): readonly string[] | undefined {
  if (witness.look('target', directory)?.isDirectory() !== true) return [];
  return readFolder(directory)
    ?.filter(
      (entry) => !entry.name.startsWith('.') && (entry.isDirectory() || entry.isSymbolicLink()),
    )
    .map(({ name }) => name)
    .toSorted();
}

function readFolder(directory: string): readonly Dirent[] | undefined {
  try {
    return readdirSync(directory, { withFileTypes: true });
  } catch (error) {
    if (error instanceof Error && 'code' in error) return undefined;
    throw error;
  }
}

/** First come, first served. */
class Choice implements Discovery {
  readonly found: FoundPlugin[] = [];
  readonly skipped: SkippedPlugin[] = [];
  readonly #present: readonly Present[];

  constructor(present: readonly Present[]) {
    this.#present = present;
  }

  add(candidate: FoundPlugin | SkippedPlugin): void {
    if ('reason' in candidate) {
      this.skipped.push(candidate);
      return;
    }
    const others = [...this.#present, ...this.found];
    const namesake = others.find(({ name }) => name === candidate.name);
    if (namesake !== undefined) return this.#skip(candidate, alreadyThere(namesake));
    const taken = candidate.drivers.flatMap((driver) => {
      const holder = others.find(({ drivers }) => drivers.some(({ name }) => name === driver.name));
      return holder === undefined
        ? []
        : [`driver '${driver.name}' is already offered by ${holder.name}`];
    });
    if (taken.length > 0) this.#skip(candidate, taken.join('; '));
    if (taken.length < candidate.drivers.length) this.found.push(candidate);
  }

  /** The earlier holder of a name answers requests for its drivers. */
  #skip(candidate: FoundPlugin, reason: string): void {
    const { name, version, origin, directory, linkedTo } = candidate;
    const code = 'NAME_TAKEN';
    this.skipped.push({
      plugin: name,
      version,
      code,
      reason,
      drivers: [],
      origin,
      directory,
      ...(linkedTo === undefined ? {} : { linkedTo }),
    });
  }
}

function alreadyThere(plugin: Present | FoundPlugin): string {
  return 'directory' in plugin
    ? `another copy of it is in ${plugin.directory}`
    : 'it comes with klee';
}
