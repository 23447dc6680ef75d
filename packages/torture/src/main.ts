/** script/torture: runs machines that look for faults, and prints one table. */
import { parseArgs } from 'node:util';
import { awayMachine } from './away/machine.ts';
import type { Machine } from './machine.ts';
import { table } from './table.ts';
import type { Row } from './table.ts';
import { walkMachine } from './walk/machine.ts';

const MACHINES: readonly Machine[] = [walkMachine, awayMachine];
const USAGE = `usage: script/torture [MACHINE…] [--seconds N] [--seed N] [--quiet]
  MACHINE      ${MACHINES.map(({ name }) => name).join(', ')}; all of them when none is named
  --seconds N  how long each of them begins new cases (default 60)
  --seed N     the first seed (default 1); a fault is printed with the seed that found it
  --quiet      show the table and the faults only`;

process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  const order = read(words);
  if (order === undefined) {
    console.error(USAGE);
    return 2;
  }
  const { machines, seconds, seed, quiet } = order;
  const log = (line: string): void => {
    if (!quiet) console.error(line);
  };
  const rows: Row[] = [];
  for (const machine of machines)
    rows.push({ machine, result: await machine.run({ seconds, seed, log }) });
  const faults = rows.flatMap(({ result }) => result.faults);
  for (const { kind, seed: found, text, shortened } of faults)
    console.log(`${kind}, with --seed ${found}:\n${text}\nshortened:\n${shortened}\n`);
  console.log(table(rows));
  return faults.length === 0 ? 0 : 1;
}

interface Order {
  readonly machines: readonly Machine[];
  readonly seconds: number;
  readonly seed: number;
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
        quiet: { type: 'boolean', default: false },
      },
    });
    const machines = MACHINES.filter(
      ({ name }) => positionals.length === 0 || positionals.includes(name),
    );
    const isKnown = positionals.every((name) => MACHINES.some((one) => one.name === name));
    const areNumbers = [values.seconds, values.seed].every((text) => /^\d{1,9}$/.test(text));
    if (!isKnown || !areNumbers) return undefined;
    const { quiet } = values;
    return { machines, seconds: Number(values.seconds), seed: Number(values.seed), quiet };
  } catch (error) {
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}
