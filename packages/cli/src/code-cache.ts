/**
 * Opens packs with V8's code cache from a file beside each, without compiling them. That saves a third of the time of a
 * short command.
 *
 * The caches are in the program's directory and as trustworthy as the program: both need the same permission to write. V8
 * refuses a cache of another version or other flags; the name of a pack contains a hash of its text.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Script } from 'node:vm';
import type { OpenedPack } from './packs.ts';

interface Opened {
  readonly script: Script;
  readonly cachePath: string;
  /** The parts that were evaluated when the cache was written: the code of others is not in it. */
  readonly covered: ReadonlySet<string>;
}

export class CodeCache {
  readonly #folder: string;
  readonly #files: Readonly<Record<string, string>>;
  readonly #use: string;
  readonly #opened: Opened[] = [];

  /**
   * @param files - the names of the packs' files, which are of pure ASCII
   * @param use - caches of different uses are apart, so that each has little that the other needs
   */
  constructor(folder: string, files: Readonly<Record<string, string>>, use: string) {
    this.#folder = folder;
    this.#files = files;
    this.#use = use;
  }

  readonly open = (name: string): OpenedPack => {
    const path = join(this.#folder, this.#files[name] ?? '');
    const cachePath = `${path}.${process.version}-${process.arch}.${this.#use}.cache`;
    const cache = readCache(cachePath);
    const script = new Script(readFileSync(path, 'latin1'), {
      filename: path,
      ...(cache === undefined ? {} : { cachedData: cache.data }),
    });
    const fits = cache !== undefined && script.cachedDataRejected !== true;
    this.#opened.push({ script, cachePath, covered: new Set(fits ? cache.covered : []) });
    return script.runInThisContext() as OpenedPack;
  };

  /**
   * Writes the caches when a part was evaluated that they do not cover: call it when the important code has run, and is
   * compiled. So they come to have what the commands that are used here need.
   */
  save(evaluated: ReadonlySet<string>): void {
    const parts = [...evaluated];
    if (this.#opened.every(({ covered }) => parts.every((id) => covered.has(id)))) return;
    for (const { script, cachePath, covered } of this.#opened)
      writeCache(cachePath, script.createCachedData(), [...covered, ...evaluated]);
  }
}

/** In bytes: the length of the list of covered parts, which is between it and V8's data. */
const LENGTH = 4;

function readCache(path: string): { data: Buffer; covered: readonly string[] } | undefined {
  let file: Buffer;
  try {
    file = readFileSync(path);
  } catch (error) {
    if (isRefusal(error)) return undefined;
    throw error;
  }
  const end = Math.max(0, file.length - LENGTH);
  const start = end === 0 ? 0 : end - file.readUInt32LE(end);
  // V8 looks at the data, but nothing has looked at the length.
  if (start <= 0) return undefined;
  return {
    data: file.subarray(0, start),
    covered: file.toString('latin1', start, end).split('\n'),
  };
}

function writeCache(path: string, data: Buffer, covered: readonly string[]): void {
  const list = Buffer.from([...new Set(covered)].join('\n'), 'latin1');
  const length = Buffer.alloc(LENGTH);
  length.writeUInt32LE(list.length);
  const work = `${path}.${process.pid}`;
  try {
    writeFileSync(work, Buffer.concat([data, list, length]), { flag: 'wx', mode: 0o644 });
    renameSync(work, path);
  } catch (error) {
    // The next klee tries again.
    if (!isRefusal(error)) throw error;
  }
}

/** Whether the file system denied it: the user may not be allowed to write to the program's directory. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && 'code' in error;
}
