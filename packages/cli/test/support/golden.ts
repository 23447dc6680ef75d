/** Texts that are kept beside the tests, and compared with what comes out now. */
import { equal } from 'node:assert/strict';
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Set, what comes out now is kept in place of what was. */
const UPDATE = process.env['UPDATE_GOLDEN'] !== undefined;

/** A folder of such texts. */
export class Golden {
  readonly #folder: string;
  readonly #compared: Set<string> = new Set();

  constructor(folder: string) {
    this.#folder = folder;
  }

  compare(name: string, text: string): void {
    const path = join(this.#folder, `${name}.txt`);
    this.#compared.add(`${name}.txt`);
    if (UPDATE) {
      mkdirSync(dirname(path), { recursive: true });
      writeFileSync(path, text);
      return;
    }
    equal(text, existsSync(path) ? readFileSync(path, 'utf8') : '', `${path} (UPDATE_GOLDEN=1)`);
  }

  /** The files that were not compared with anything. */
  strangers(): readonly string[] {
    return readdirSync(this.#folder).filter((name) => !this.#compared.has(name));
  }
}
