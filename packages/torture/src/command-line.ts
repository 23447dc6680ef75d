/** The words of script/torture. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import type { ParseArgsConfig } from 'node:util';
import { StoppedError } from './machine.ts';
import type { Machine, MachineOptions } from './machine.ts';
import { SYSTEMS } from './walk/machine.ts';

export interface Order extends Omit<MachineOptions, 'log'> {
  readonly machines: readonly Machine[];
  readonly quiet: boolean;
  readonly help: boolean;
}

export function usage(machines: readonly Machine[]): string {
  return `usage: script/torture [MACHINE…] [OPTION…]
  MACHINE         ${machines.map(({ name }) => name).join(', ')}; all of them when none is named
  --seconds N     how long each of them begins new cases (default 60)
  --seed N        the first seed (default 1); a fault is printed with the seed that found it
  --klee PROGRAM  the klee that is tried, instead of this one
  --quiet         show the table and the faults only
  --on SYSTEM     walk: linux, freebsd or memory; all of them when none is named. 'freebsd' is a model; where
                  KLEE_COMMAND_PREFIX is set, it is the host that this leads to, which has to have no other use
  --only WHAT     mutants: change this file or folder only; faults: put in this sort only; may be given again
  --tests PATH    mutants: these test files are to notice, those of the package by default; may be given again
  --page          mutants: write the scores into docs/mutants.md`;
}

/** @throws StoppedError that says which word is wrong */
export function readOrder(
  words: readonly string[],
  all: readonly Machine[],
  environment: Readonly<Record<string, string | undefined>>,
): Order {
  const { values, positionals } = parse(words);
  const names = all.map(({ name }) => name);
  const unknown = positionals.find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new StoppedError(`the machine '${unknown}' is not one of ${names.join(', ')}`);
  const { on, klee, seconds, seed, ...others } = values;
  if (on !== undefined && !SYSTEMS.includes(on))
    throw new StoppedError(`--on takes ${SYSTEMS.join(', ')}, not '${on}'`);
  const program = klee === undefined ? undefined : resolve(klee);
  if (program !== undefined && !existsSync(program))
    throw new StoppedError(`the program of --klee does not exist: ${program}`);
  const prefix = on === 'freebsd' ? prefixOf(environment['KLEE_COMMAND_PREFIX']) : undefined;
  return {
    ...others,
    machines: all.filter(({ name }) => positionals.length === 0 || positionals.includes(name)),
    seconds: numberOf('--seconds', seconds, 1),
    seed: numberOf('--seed', seed, 0),
    ...(on === undefined ? {} : { on }),
    ...(prefix === undefined ? {} : { prefix }),
    ...(program === undefined ? {} : { klee: program }),
  };
}

const WORDS = {
  allowPositionals: true,
  options: {
    help: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    klee: { type: 'string' },
    on: { type: 'string' },
    quiet: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: [] },
    tests: { type: 'string', multiple: true, default: [] },
    page: { type: 'boolean', default: false },
  },
} as const satisfies ParseArgsConfig;

function parse(words: readonly string[]): ReturnType<typeof parseArgs<typeof WORDS>> {
  try {
    return parseArgs({ args: [...words], ...WORDS });
  } catch (error) {
    if (error instanceof TypeError) throw new StoppedError(error.message);
    throw error;
  }
}

function numberOf(option: string, text: string, least: number): number {
  if (/^\d{1,9}$/.test(text) && Number(text) >= least) return Number(text);
  throw new StoppedError(`${option} takes a number from ${least}, not '${text}'`);
}

function prefixOf(text = ''): readonly string[] | undefined {
  if (text === '') return undefined;
  const words = jsonOf(text);
  if (Array.isArray(words) && words.every((word) => typeof word === 'string')) return words;
  throw new StoppedError(`KLEE_COMMAND_PREFIX is not a JSON array of words: ${text}`);
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
