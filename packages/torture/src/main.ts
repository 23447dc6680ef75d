/** script/torture: runs machines that look for faults, and prints one table. */
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { awayMachine } from './away/machine.ts';
import { faultsMachine } from './faults/machine.ts';
import { hostileMachine } from './hostile/machine.ts';
import { StoppedError } from './machine.ts';
import type { Machine, MachineOptions } from './machine.ts';
import { mutantsMachine } from './mutants/machine.ts';
import { rulesMachine } from './rules/machine.ts';
import { table } from './table.ts';
import type { Row } from './table.ts';
import { isSystem, walkMachine } from './walk/machine.ts';

const MACHINES: readonly Machine[] = [
  walkMachine,
  awayMachine,
  faultsMachine,
  hostileMachine,
  mutantsMachine,
  rulesMachine,
];
const USAGE = `usage: script/torture [MACHINE…] [OPTION…]
  MACHINE         ${MACHINES.map(({ name }) => name).join(', ')}; all of them when none is named
  --seconds N     how long each of them begins new cases (default 60)
  --seed N        the first seed (default 1); a fault is printed with the seed that found it
  --klee PROGRAM  the klee that is tried, instead of this one
  --quiet         show the table and the faults only
  --on SYSTEM     walk: linux, freebsd or memory; all of them when none is named. 'freebsd' is a model; where
                  KLEE_COMMAND_PREFIX is set, it is the host that this leads to, which must be used by nobody else
  --only PATH     mutants: change this file or folder only; may be given again
  --tests PATH    mutants: these test files are to notice, all of them by default; may be given again
  --only SORT     faults: put in faults of this sort only; may be given again
  --page          mutants: write the scores into docs/mutants.md`;

process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  const order = read(words);
  if (order === undefined) {
    console.error(USAGE);
    return 2;
  }
  const { machines, quiet, ...options } = order;
  const log = (line: string): void => {
    if (!quiet) console.error(line);
  };
  const rows: Row[] = [];
  try {
    for (const machine of machines)
      rows.push({ machine, result: await machine.run({ ...options, log }) });
  } catch (error) {
    if (!(error instanceof StoppedError)) throw error;
    console.error(`error: ${error.message}`);
    return 2;
  }
  const faults = rows.flatMap(({ result }) => result.faults);
  for (const { kind, seed: found, text, shortened } of faults)
    console.log(`${kind}, with --seed ${found}:\n${text}\nshortened:\n${shortened}\n`);
  console.log(table(rows));
  return faults.length === 0 ? 0 : 1;
}

interface Order extends Omit<MachineOptions, 'log'> {
  readonly machines: readonly Machine[];
  readonly quiet: boolean;
}

function read(words: readonly string[]): Order | undefined {
  try {
    const { values, positionals } = parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        seconds: { type: 'string', default: '60' },
        seed: { type: 'string', default: '1' },
        klee: { type: 'string' },
        on: { type: 'string' },
        quiet: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true, default: [] },
        tests: { type: 'string', multiple: true, default: [] },
        page: { type: 'boolean', default: false },
      },
    });
    const machines = MACHINES.filter(
      ({ name }) => positionals.length === 0 || positionals.includes(name),
    );
    const isKnown = positionals.every((name) => MACHINES.some((one) => one.name === name));
    const prefix =
      values.on === 'freebsd' ? prefixOf(process.env['KLEE_COMMAND_PREFIX']) : undefined;
    const areNumbers = [values.seconds, values.seed].every((text) => /^\d{1,9}$/.test(text));
    const { on, klee, ...others } = values;
    if (!isKnown || !areNumbers || (on !== undefined && !isSystem(on))) return undefined;
    return {
      ...others,
      machines,
      seconds: Number(values.seconds),
      seed: Number(values.seed),
      ...(on === undefined ? {} : { on }),
      ...(prefix === undefined ? {} : { prefix }),
      ...(klee === undefined ? {} : { klee: resolve(klee) }),
    };
  } catch (error) {
    if (error instanceof TypeError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function prefixOf(text = ''): readonly string[] | undefined {
  if (text === '') return undefined;
  const words: unknown = JSON.parse(text);
  if (Array.isArray(words) && words.every((word) => typeof word === 'string')) return words;
  throw new TypeError('KLEE_COMMAND_PREFIX is not a JSON array of words');
}
