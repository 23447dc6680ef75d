/** The files of a state directory: damaged, and put back as the documents say. */
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import type { World } from '../world/world.ts';
import { DATABASE, damaged } from './damage.ts';
import type { DamageFault } from './damage.ts';

/** The log and its index, the journal that takes its place, and the note of how klee left them. */
const BESIDE = ['-journal', '-wal', '-shm', '-stat'];
/** In the namespaces of the machine. */
const KEPT = '/run/kept';

export class StateFiles {
  readonly #state: string;
  /** The ids of objects by their names, and back. */
  readonly #names: ReadonlyMap<string, string>;

  private constructor(state: string, names: ReadonlyMap<string, string>) {
    this.#state = state;
    this.#names = names;
  }

  static async of(world: World, state: string): Promise<StateFiles> {
    const found = new Map<string, string>();
    for (const words of [
      ['network', 'ls'],
      ['container', 'ls', '-a'],
      ['image', 'ls'],
    ]) {
      const { stdout } = await world.klee(words);
      for (const { id, name } of JSON.parse(stdout) as { id: string; name: string }[])
        found.set(id, name);
    }
    return new StateFiles(state, found);
  }

  /** All that may be damaged, by the names of objects. */
  list(): readonly string[] {
    const locks = readdirSync(join(this.#state, 'locks')).map((name) => {
      const named = name.replace(/[0-9a-f]{12}$/, (id) => this.#names.get(id) ?? id);
      return `locks/${named}`;
    });
    const files = locks.flatMap((folder) => [`${folder}/lock`, `${folder}/gate`]);
    return [DATABASE, ...BESIDE.map((end) => `${DATABASE}${end}`), 'locks', ...locks, ...files];
  }

  /** Whether there is an object of this name. */
  path(key: string): string {
    const [, kind, name] = /^locks\/(\w+)-([^/]+)/.exec(key) ?? [];
    const id = [...this.#names].find(([, known]) => known === name)?.[0];
    return join(
      this.#state,
      kind === undefined || id === undefined
        ? key
        : key.replace(`${kind}-${name}`, `${kind}-${id}`),
    );
  }

  /** Keeps a backup of the database, as the documents say. */
  keep(): void {
    rmSync(KEPT, { recursive: true, force: true });
    mkdirSync(KEPT);
    for (const name of this.#ofDatabase()) copyFileSync(join(this.#state, name), join(KEPT, name));
  }

  damage(fault: DamageFault): void {
    const path = this.path(fault.key);
    const isFile = existsSync(path) && statSync(path).isFile();
    const bytes = damaged(isFile ? readFileSync(path) : Buffer.alloc(0), fault);
    rmSync(path, { recursive: true, force: true });
    if (fault.sort === 'directory') mkdirSync(path);
    if (bytes !== undefined) writeFileSync(path, bytes, { mode: 0o600 });
  }

  /** A database is restored from the backup, and a lock deleted: it holds no data. */
  putBack({ key }: DamageFault): void {
    if (!key.startsWith(DATABASE)) return rmSync(this.path(key), { recursive: true, force: true });
    for (const name of this.#ofDatabase())
      rmSync(join(this.#state, name), { recursive: true, force: true });
    for (const name of readdirSync(KEPT)) copyFileSync(join(KEPT, name), join(this.#state, name));
  }

  /** The database and what is beside it. */
  #ofDatabase(): readonly string[] {
    return readdirSync(this.#state).filter((name) => name.startsWith(DATABASE));
  }

  /** What stands for the content of a file. */
  digest(key: string): string {
    const path = this.path(key);
    if (!existsSync(path)) return 'nothing';
    if (!statSync(path).isFile()) return 'no file';
    return createHash('sha256').update(readFileSync(path)).digest('hex');
  }
}
