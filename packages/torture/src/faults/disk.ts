/** A small disk with the state of klee: its database, locks, images, and the files and logs of containers. */
import {
  closeSync,
  mkdirSync,
  openSync,
  rmSync,
  statfsSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { sure } from '../world/processes.ts';

const PAGE = 4096;

export class StateDisk {
  readonly #path = '/run/disk';
  readonly #filler = join(this.#path, 'filler');

  /** Mounts it, in a namespace of mounts of our own. */
  static async open(): Promise<StateDisk> {
    const disk = new StateDisk();
    mkdirSync(disk.#path);
    const options = 'mode=700,size=16m,nr_inodes=1500';
    await sure(['mount', '-t', 'tmpfs', '-o', options, 'tmpfs', disk.#path]);
    return disk;
  }

  get state(): string {
    return join(this.#path, 'state');
  }

  /** Leaves so many pages free. */
  fill(pages: number): void {
    mkdirSync(this.#filler);
    const file = openSync(join(this.#filler, 'pages'), 'w');
    for (let left = this.#free().bavail - pages; left > 0; left -= 1)
      writeSync(file, Buffer.alloc(PAGE));
    closeSync(file);
  }

  takeInodes(rest: number): void {
    mkdirSync(this.#filler);
    for (let left = this.#free().ffree - rest; left > 0; left -= 1)
      writeFileSync(join(this.#filler, String(left)), '');
  }

  /**
   * The kernel refuses it for a file system that others write to, as the logs of containers do. So a second mount hides the
   * first one: what is open stays as it is, which is what happens to a disk with errors, too.
   */
  async readOnly(): Promise<void> {
    await sure(['mount', '--bind', this.#path, this.#path]);
    await sure(['mount', '-o', 'remount,bind,ro', this.#path]);
  }

  async writable(): Promise<void> {
    await sure(['umount', '--lazy', this.#path]);
  }

  clear(): void {
    rmSync(this.#filler, { recursive: true, force: true });
  }

  #free(): { readonly bavail: number; readonly ffree: number } {
    return statfsSync(this.#path, { bigint: false });
  }
}
