/**
 * Loads the bundle from V8's code cache in a file beside it, without compiling it. That saves a third of the time of a
 * short command.
 *
 * The cache is in the program's directory and as trustworthy as the program: both need the same permission to write. V8
 * refuses a cache of another version or other flags; the name of the bundle contains a hash of its text.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Script } from 'node:vm';

export interface Loaded {
  readonly exports: unknown;
  /** Writes the cache unless a valid one exists: call it when the important code has run, and is compiled. */
  save(): void;
}

/** Runs a CommonJS file of pure ASCII. */
export function loadWithCodeCache(folder: string, name: string): Loaded {
  const path = join(folder, name);
  const cachePath = `${path}.${process.version}-${process.arch}.cache`;
  const cachedData = readIfThere(cachePath);
  const code = `(function(exports,require,module,__filename,__dirname){${readFileSync(path, 'latin1')}\n})`;
  const script = new Script(code, {
    filename: path,
    ...(cachedData === undefined ? {} : { cachedData }),
  });
  const module = { exports: {} };
  const run = script.runInThisContext() as (...parameters: readonly unknown[]) => void;
  run(module.exports, createRequire(path), module, path, folder);
  const fits = cachedData !== undefined && script.cachedDataRejected !== true;
  return {
    exports: module.exports,
    save: () => {
      if (!fits) save(cachePath, script.createCachedData());
    },
  };
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (error) {
    if (isRefusal(error)) return undefined;
    throw error;
  }
}

function save(path: string, data: Buffer): void {
  try {
    writeFileSync(`${path}.${process.pid}`, data, { flag: 'wx', mode: 0o644 });
    renameSync(`${path}.${process.pid}`, path);
  } catch (error) {
    // The next klee tries again.
    if (!isRefusal(error)) throw error;
  }
}

/** Whether the file system denied it: the user may not be allowed to write to the program's directory. */
function isRefusal(error: unknown): boolean {
  return error instanceof Error && 'code' in error;
}
