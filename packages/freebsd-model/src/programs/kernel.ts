/** Kernel modules and the kernel environment: kldload(8), kldstat(8), kenv(1). */
import { DONE, failed, printed } from '../machine.ts';
import type { Answer, Call, Machine } from '../machine.ts';
import { emptyPf } from '../state.ts';

/** The loadable modules. */
const MODULES: ReadonlySet<string> = new Set([
  'if_bridge',
  'if_epair',
  'pf',
  'pflog',
  'nullfs',
  'tmpfs',
]);

function wordsOf(args: readonly string[]): readonly string[] {
  return args.filter((word) => !word.startsWith('-'));
}

export function kldload({ state }: Machine, { args, jail }: Call): Answer {
  const gentle = args.includes('-n');
  for (const name of wordsOf(args).map((word) => word.replace(/\.ko$/, ''))) {
    if (jail !== undefined) return failed(`kldload: can't load ${name}: Operation not permitted`);
    if (!MODULES.has(name) || state.missing.includes(`${name}.ko`))
      return failed(`kldload: can't load ${name}: No such file or directory`);
    if (state.modules.includes(name)) {
      if (gentle) continue;
      return failed(`kldload: can't load ${name}: module already loaded or in kernel`);
    }
    state.modules.push(name);
    if (name === 'pf') state.pf.present = true;
  }
  return DONE;
}

export function kldunload({ state }: Machine, { args }: Call): Answer {
  for (const name of wordsOf(args).map((word) => word.replace(/\.ko$/, ''))) {
    if (!state.modules.includes(name)) return failed(`kldunload: can't find file ${name}`);
    state.modules = state.modules.filter((other) => other !== name);
    if (name === 'pf') state.pf = emptyPf(false);
  }
  return DONE;
}

export function kldstat({ state }: Machine, { args }: Call): Answer {
  const quiet = args.some((word) => /^-[a-z]*q/.test(word));
  const at = args.findIndex((word) => /^-[a-z]*[mn]$/.test(word));
  const name = at === -1 ? undefined : args[at + 1];
  if (name === undefined) {
    return printed(
      ['Id Refs Address                Size Name\n', ...state.modules.map(moduleLine)].join(''),
    );
  }
  if (state.modules.includes(name.replace(/\.ko$/, ''))) return quiet ? DONE : printed(`${name}\n`);
  return quiet
    ? { ...DONE, status: 1 }
    : failed(`kldstat: can't find module ${name}: No such file or directory`);
}

function moduleLine(name: string, index: number): string {
  return `${String(index + 2).padStart(2)}    1 0xffffffff82a00000     1000 ${name}.ko\n`;
}

/** The message ends with the result of the system call: -1. */
const KENV_FAILED = 255;

export function kenv({ state }: Machine, { args, jail }: Call): Answer {
  const quiet = args.some((word) => /^-[a-z]*q/.test(word));
  const unset = args.includes('-u');
  const [word] = wordsOf(args);
  if (word === undefined) {
    return printed(
      Object.entries(state.environment)
        .map(([name, value]) => `${name}="${value}"\n`)
        .join(''),
    );
  }
  const equals = word.indexOf('=');
  const name = equals === -1 ? word : word.slice(0, equals);
  if (equals !== -1) {
    const value = word.slice(equals + 1);
    if (jail !== undefined) return failed(`kenv: unable to set ${name} to ${value}`, KENV_FAILED);
    state.environment[name] = value;
    return quiet ? DONE : printed(`${name}="${value}"\n`);
  }
  const value = state.environment[name];
  if (value === undefined)
    return quiet
      ? { ...DONE, status: KENV_FAILED }
      : failed(`kenv: unable to ${unset ? 'unset' : 'get'} ${name}`, KENV_FAILED);
  if (!unset) return printed(`${value}\n`);
  delete state.environment[name];
  return DONE;
}
