/**
 * Opens packs with V8's code cache from a file beside each, without compiling them. That saves a third of the time of a
 * short command.
 *
 * The caches are in the program's directory and as trustworthy as the program: both need the same permission to write. V8
 * refuses a cache of another version or other flags; the name of a pack contains a hash of its text. But V8 does not notice
 * damage, and may end the process: so a cache gets its name when it is whole on the disk.
 */
import {
  closeSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
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
      writeCache(cachePath, () => withList(script, [...covered, ...evaluated]));
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

/** What a cache file has. */
function withList(script: Script, covered: readonly string[]): Buffer {
  const list = Buffer.from([...new Set(covered)].join('\n'), 'latin1');
  const length = Buffer.alloc(LENGTH);
  length.writeUInt32LE(list.length);
  return Buffer.concat([script.createCachedData(), list, length]);
}

/** Makes the content only if it may be written: that takes longer than most commands of a user who may not. */
function writeCache(path: string, content: () => Buffer): void {
  const work = `${path}.${process.pid}`;
  try {
    const file = openSync(work, 'wx', 0o644);
    try {
      writeFileSync(file, content());
      fsyncSync(file);
      renameSync(work, path);
    } finally {
      closeSync(file);
      rmSync(work, { force: true });
    }
  } catch (error) {
    // The next klee tries again.
    if (!isRefusal(error)) throw error;
  }
}

/** Whether the file system denied it: the user may not be allowed to write to the program's directory. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && 'code' in error;
}
