/** Drivers that touch the process of klee, or this machine by themselves. */
import { spawnSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { importPlugin } from '../../../src/index.ts';
import { pluginOf } from '../packaged.ts';
import { OWN, reference, withPlane } from '../reference.ts';
import type { BrokenDriver } from './broken-driver.ts';

const LEAVES = 'it leaves the process as it found it';
const PRINTS = 'it prints nothing of its own: a logger is there for what it has to say';
const FILES = 'it makes and changes no file of its own: commands are there for that';
const PROGRAMS = 'it starts no program of its own: commands are there for that';
const ENVIRONMENT =
  'it plans, observes and detaches the same in a process with another environment';
const IMPORT =
  'importing it and its data planes changes nothing in the process, and prints nothing';

let attached = 0;

/** Each does something without any effect on other tests, whenever it attaches. */
const ROWS: readonly (readonly [fault: string, act: () => unknown, fails: string])[] = [
  ['keeps something in a global', () => Object.assign(globalThis, { lastOfLab: {} }), LEAVES],
  [
    'sets a variable of the environment',
    () => Object.assign(process.env, { KLEE_LAB: String(attached++) }),
    LEAVES,
  ],
  ['writes to the terminal', () => process.stdout.write(''), PRINTS],
  ['uses the console', () => (console.group(), console.groupEnd()), PRINTS],
  ['makes a directory', () => mkdirSync(tmpdir(), { recursive: true }), FILES],
  ['opens a file for writing', async () => (await open(devNull, 'w')).close(), FILES],
  ['starts a program', () => spawnSync('true'), PROGRAMS],
];

/** What a module does when it is imported, and what undoes it here. */
const IMPORTS: readonly (readonly [fault: string, code: string, undo: () => unknown])[] = [
  [
    'sets a variable of the environment',
    "process.env.KLEE_LAB = 'on'",
    () => delete process.env['KLEE_LAB'],
  ],
  [
    'catches the errors of others',
    "process.on('uncaughtException', () => {})",
    () => process.off('uncaughtException', process.listeners('uncaughtException').at(-1) ?? String),
  ],
  ['sets the exit status', 'process.exitCode = 3', () => (process.exitCode = undefined)],
  ['sets the umask', 'globalThis.umaskOfLab = process.umask(0o777)', undoUmask],
  [
    'changes the working directory',
    "globalThis.cwdOfLab = process.cwd(); process.chdir('/')",
    () => process.chdir(String(taken('cwdOfLab'))),
  ],
  ['adds a global', 'globalThis.lab = {}', () => taken('lab')],
  [
    'adds to the prototype of lists',
    'Array.prototype.lab = () => 1',
    () => Reflect.deleteProperty(Array.prototype, 'lab'),
  ],
  ['prints a greeting', "process.stdout.write('')", () => undefined],
];

export const BROKEN_IN_PROCESS: readonly BrokenDriver[] = [
  ...ROWS.map(([fault, act, fails]) => ({
    fault,
    subject: withPlane((plane) => ({
      async attach(target, call) {
        await act();
        await plane.attach(target, call);
      },
    })),
    fails,
  })),
  {
    fault: 'takes a name from the environment',
    subject: withPlane((plane) => ({
      plan: (target) => [
        ...plane.plan(target),
        { kind: 'note', name: `${process.env['LAB_PREFIX'] ?? 'lab'}-${target.endpoint.id}` },
      ],
    })),
    fails: ENVIRONMENT,
  },
  {
    fault: 'is told by the environment what to detach',
    subject: withPlane((plane) => ({
      async detach(target, call) {
        if (process.env['LAB_KEEP'] === undefined) await plane.detach(target, call);
      },
    })),
    fails: ENVIRONMENT,
  },
];

/** A module cannot be imported twice, so that each is imported here, and its change undone at once. */
export async function brokenImports(): Promise<readonly BrokenDriver[]> {
  const drivers: BrokenDriver[] = [];
  for (const [fault, code, undo] of IMPORTS) {
    const imported = await importPlugin(async () => {
      await import(`data:text/javascript,${encodeURIComponent(code)}`);
      return pluginOf(OWN);
    });
    undo();
    drivers.push({
      fault: `${fault} when it is imported`,
      subject: reference(OWN),
      options: { imported },
      fails: IMPORT,
    });
  }
  return drivers;
}

function undoUmask(): void {
  process.umask(Number(taken('umaskOfLab')));
}

function taken(name: string): unknown {
  const value: unknown = Reflect.get(globalThis, name);
  Reflect.deleteProperty(globalThis, name);
  return value;
}
