/**
 * Changes that klee makes itself, where it runs on the host: starting a program for each would take longer than all of
 * them. Each has the effect of the command that it stands beside, which is run if it rejects. None follows a link in a
 * directory that a container can write to, and none removes a directory that has anything left in it.
 */
import {
  closeSync,
  constants,
  fstatSync,
  ftruncateSync,
  openSync,
  readSync,
  writeSync,
} from 'node:fs';
import { chmod, lstat, mkdir, open, readdir, rmdir, unlink, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { foreignHosts, isHostsText } from '../container/hosts.ts';

/** `mkdir -p`. */
export async function makeDirectories(paths: readonly string[]): Promise<void> {
  for (const path of paths) await mkdir(path, { recursive: true });
}

/** `mkdir -m`, except that it may be there. */
export async function makeDirectory(path: string, mode: number): Promise<void> {
  try {
    await mkdir(path, { mode });
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    return;
  }
  // The mode above is without the bits of the umask.
  await chmod(path, mode);
}

/** `sysctl -q -e -w`. */
export async function setSysctls(
  settings: readonly { readonly name: string; readonly value: string }[],
): Promise<void> {
  for (const { name, value } of settings) {
    await unless(['ENOENT'], writeFile(`/proc/sys/${name}`, value, { flag: constants.O_WRONLY }));
  }
}

/** storage.sh, for a container that has no hosts file yet. */
export async function makeStorage(directory: string, hosts: string): Promise<void> {
  await makeDirectory(dirname(directory), 0o755);
  await makeDirectory(directory, 0o700);
  for (const name of ['upper', 'work']) await makeDirectory(`${directory}/${name}`, 0o755);
  await unless(['EEXIST'], makeFile(`${directory}/log`, ''));
  await makeFile(`${directory}/hosts`, hosts);
}

async function makeFile(path: string, text: string): Promise<void> {
  await writeFile(path, text, { flag: 'wx' });
  // Whatever the umask is.
  await chmod(path, 0o644);
}

/** put-file.sh. */
export async function putFile(path: string, text: string): Promise<void> {
  await writeFile(path, text);
  await chmod(path, 0o644);
}

/** In bytes: what is kept of the container's own part of a hosts file, as in others.sh. */
const HOSTS_LIMIT = 1_048_576;

/**
 * hosts.sh: replaces klee's part of hosts files. One whose container has just been removed is passed over. They are
 * changed in place, because containers have them mounted, and the new text is written before the end is cut off, so
 * that a full disk leaves the names that there were.
 */
export async function putHosts(paths: readonly string[], text: string): Promise<void> {
  const bytes = asBytes(text);
  for (const path of paths) putInto(path, bytes);
}

/** Without other threads: a network may have hundreds of these small files, and handing one over takes longer than it. */
function putInto(path: string, text: string): void {
  const file = openIfThere(path);
  if (file === undefined) return;
  try {
    const there = readUpTo(file, HOSTS_LIMIT);
    if (isHostsText(there, text)) return;
    const wanted = Buffer.from(text + foreignHosts(there), 'latin1');
    writeWhole(file, wanted);
    ftruncateSync(file, wanted.length);
  } finally {
    closeSync(file);
  }
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, constants.O_RDWR | constants.O_NOFOLLOW);
  } catch (error) {
    if (!GONE.includes(codeOf(error) ?? '')) throw error;
    return undefined;
  }
}

/** A string with a character for each byte, as files of containers are read: they need not be UTF-8. */
function asBytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function readUpTo(file: number, limit: number): string {
  const stats = fstatSync(file);
  if (!stats.isFile()) throw new TypeError('the hosts file of a container is not a file');
  const buffer = Buffer.alloc(Math.min(stats.size, limit));
  const bytesRead = readSync(file, buffer, 0, buffer.length, 0);
  return buffer.toString('latin1', 0, bytesRead);
}

function writeWhole(file: number, bytes: Buffer): void {
  for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at, bytes.length - at, at);
}

/** `rm -rf` of directories in which there are only files, and empty directories. */
export async function removeShallow(directories: readonly string[]): Promise<void> {
  for (const directory of directories) await removeOne(directory);
}

async function removeOne(directory: string): Promise<void> {
  const entries = (await ifThere(readdir(directory, { withFileTypes: true }))) ?? [];
  for (const entry of entries) {
    const path = `${directory}/${entry.name}`;
    await ifThere(entry.isDirectory() ? rmdir(path) : unlink(path));
  }
  await ifThere(rmdir(directory));
}

/** In bytes, as in places.sh: what the runtime reads of a container's passwd and group. */
const USERS_LIMIT = 4_194_304;

/** places.sh, for a root file system without links at the places. Nothing runs in it now. */
export async function makePlaces(root: string): Promise<void> {
  for (const name of ['dev', 'proc', 'sys']) {
    await makeDirectory(`${root}/${name}`, 0o755);
    requireIt((await lstat(`${root}/${name}`)).isDirectory(), name);
  }
  const etc = await ifThere(lstat(`${root}/etc`));
  if (etc === undefined) return;
  requireIt(etc.isDirectory(), 'etc');
  for (const name of ['passwd', 'group', 'hosts', 'resolv.conf']) {
    const file = await ifThere(lstat(`${root}/etc/${name}`));
    requireIt(file === undefined || (file.isFile() && file.size <= USERS_LIMIT), name);
  }
}

/** Where the traces of a command are; see end.sh. */
export interface Ending {
  readonly bundle: string;
  readonly life: string;
  readonly handled: string;
  /** The runtime's own directory for the container. */
  readonly state: string;
  /** In every hierarchy. */
  readonly controlGroup: string;
}

/** end.sh, for a command that has ended and has left nothing: supervisor and runtime hold `life` open until then. */
export async function confirmEnded(ending: Ending): Promise<void> {
  await ifThere(writeFile(ending.handled, ''));
  requireIt((await ifThere(lstat(ending.state))) === undefined, 'the state of the runtime');
  for (const name of ['', ...(await readdir(CONTROL_GROUPS))]) {
    const group = await ifThere(lstat(`${CONTROL_GROUPS}/${name}${ending.controlGroup}`));
    requireIt(group === undefined, 'the control group');
  }
  const life = await ifThere(open(ending.life, constants.O_RDONLY | constants.O_NONBLOCK));
  if (life === undefined) return;
  try {
    // What it has told is passed over. Without a writer the end follows, and with one the error EAGAIN.
    while ((await life.read({ buffer: Buffer.alloc(64) })).bytesRead > 0);
  } finally {
    await life.close();
  }
}

const CONTROL_GROUPS = '/sys/fs/cgroup';

function requireIt(holds: boolean, what: string): void {
  if (!holds) throw new Error(`${what} needs the program`);
}

async function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
  return unless(GONE, work);
}

const GONE: readonly string[] = ['ENOENT', 'ENOTDIR'];

async function unless<T>(codes: readonly string[], work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (!codes.includes(codeOf(error) ?? '')) throw error;
    return undefined;
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
