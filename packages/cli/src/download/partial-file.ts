/** A file that is being downloaded, which outlives the process, and its metadata. */
import { createReadStream } from 'node:fs';
import { mkdir, open, readFile, rm, stat, writeFile } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import type { Hash } from 'node:crypto';
import { dirname } from 'node:path';

/** The state of a partial download. */
export interface Beginning {
  readonly size: number;
  /** For If-Range: identifies the version of the file that this is the beginning of. */
  readonly validator: string;
}

export class PartialFile {
  readonly path: string;
  readonly #note: string;

  constructor(path: string) {
    this.path = path;
    this.#note = `${path}.version`;
  }

  /** Undefined when there is nothing to resume. */
  async beginning(): Promise<Beginning | undefined> {
    try {
      const validator = await readFile(this.#note, 'utf8');
      const { size } = await stat(this.path);
      return size === 0 || validator === '' ? undefined : { size, validator };
    } catch (error) {
      if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
      throw error;
    }
  }

  /** Opens it for appending. */
  resume(): Promise<FileHandle> {
    return open(this.path, 'a', 0o600);
  }

  /** Opens it empty. Without a validator, the download cannot be resumed later. */
  async restart(validator: string | undefined): Promise<FileHandle> {
    await mkdir(dirname(this.path), { recursive: true, mode: 0o700 });
    // This order never attributes bytes to another version of the file.
    await this.remove();
    const file = await open(this.path, 'ax', 0o600);
    if (validator !== undefined) await writeFile(this.#note, validator, { mode: 0o600 });
    return file;
  }

  async hashInto(hash: Hash, signal: AbortSignal): Promise<void> {
    for await (const chunk of createReadStream(this.path, { signal })) hash.update(chunk as Buffer);
  }

  async remove(): Promise<void> {
    await rm(this.#note, { force: true });
    await rm(this.path, { force: true });
  }
}
