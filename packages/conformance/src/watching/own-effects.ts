/** What a driver does on this machine by itself, past the commands that it is given: it prints, changes files, starts programs. */
import { AsyncLocalStorage } from 'node:async_hooks';
import childProcess from 'node:child_process';
import fs from 'node:fs';
import promises from 'node:fs/promises';

export type EffectKind = 'output' | 'file' | 'program';

export interface OwnEffect {
  readonly kind: EffectKind;
  /** The function that was called. */
  readonly what: string;
}

interface Watch {
  readonly effects: OwnEffect[];
  /** Whether the code that runs is the driver's. */
  readonly counts: boolean;
}

const watches = new AsyncLocalStorage<Watch>();

/** Runs code of the driver. */
export function asDriver<T>(work: () => T): T {
  return counting(true, work);
}

/** Runs what a driver has a host do for it: its commands. */
export function asHost<T>(work: () => T): T {
  return counting(false, work);
}

function counting<T>(counts: boolean, work: () => T): T {
  const watch = watches.getStore();
  return watch === undefined ? work() : watches.run({ ...watch, counts }, work);
}

/** What code of the driver does by itself meanwhile: that within {@link asDriver}, also when it is over only later. */
export async function ownEffects(work: () => Promise<void>): Promise<readonly OwnEffect[]> {
  const effects: OwnEffect[] = [];
  const restore = replaceAll();
  try {
    await watches.run({ effects, counts: false }, work);
  } finally {
    restore();
  }
  return effects;
}

/** Whether calls of functions that a module has imported by their names are seen, too: Bun binds them for good. */
export function seesImportedFunctions(): boolean {
  return process.versions['bun'] === undefined;
}

type Callable = (...given: unknown[]) => unknown;

/** Functions of one object, and when a call of them counts. */
interface Functions {
  readonly owner: object;
  readonly title: string;
  readonly kind: EffectKind;
  readonly names: readonly string[];
  readonly counts?: (given: readonly unknown[]) => boolean;
}

/** Beside them, opening a file for writing: without that, nothing can be written to it. */
const CHANGES_OF_FILES =
  'appendFile chmod chown copyFile cp lchown link lutimes mkdir mkdtemp rename rm rmdir symlink truncate unlink utimes writeFile';

const CHANGES = CHANGES_OF_FILES.split(' ');

function functions(): readonly Functions[] {
  const file = { kind: 'file' } as const;
  const output = { kind: 'output' } as const;
  return [
    { ...output, owner: process.stdout, title: 'process.stdout', names: ['write'] },
    { ...output, owner: process.stderr, title: 'process.stderr', names: ['write'] },
    {
      ...output,
      owner: console,
      title: 'console',
      names: ['log', 'info', 'debug', 'warn', 'error', 'dir', 'table', 'trace', 'group'],
    },
    { ...file, owner: promises, title: 'fs.promises', names: CHANGES },
    { ...file, owner: promises, title: 'fs.promises', names: ['open'], counts: isForWriting },
    { ...file, owner: fs, title: 'fs', names: CHANGES.flatMap((name) => [name, `${name}Sync`]) },
    { ...file, owner: fs, title: 'fs', names: ['createWriteStream'] },
    { ...file, owner: fs, title: 'fs', names: ['open', 'openSync'], counts: isForWriting },
    {
      kind: 'program',
      owner: childProcess,
      title: 'child_process',
      names: ['exec', 'execFile', 'execFileSync', 'execSync', 'fork', 'spawn', 'spawnSync'],
    },
  ];
}

function isForWriting([, flags]: readonly unknown[]): boolean {
  if (typeof flags === 'number')
    return (flags & (fs.constants.O_WRONLY | fs.constants.O_RDWR)) !== 0;
  return typeof flags === 'string' && flags !== 'r' && flags !== 'rs';
}

/** @returns what undoes it */
function replaceAll(): () => void {
  const undo = functions().flatMap(replace);
  bindAnew();
  return () => {
    for (const restore of undo) restore();
    bindAnew();
  };
}

/** Modules that have imported a function by its name call the present one from then on. */
function bindAnew(): void {
  // Not imported by its name: the bundle of klee has another module of this name.
  process.getBuiltinModule('node:module').syncBuiltinESMExports();
}

function replace({ owner, title, kind, names, counts = () => true }: Functions): (() => void)[] {
  const members = owner as Record<string, Callable | undefined>;
  return names.flatMap((name) => {
    const own = Object.getOwnPropertyDescriptor(owner, name);
    const original = members[name];
    if (original === undefined) return [];
    members[name] = function (this: unknown, ...given: unknown[]): unknown {
      const watch = watches.getStore();
      if (watch?.counts === true && counts(given))
        watch.effects.push({ kind, what: `${title}.${name}` });
      return Reflect.apply(original, this, given);
    };
    return [
      () => {
        if (own === undefined) delete members[name];
        else Object.defineProperty(owner, name, own);
      },
    ];
  });
}
