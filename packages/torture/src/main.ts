/** script/torture: runs machines that look for faults, and prints one table. */
import { awayMachine } from './away/machine.ts';
import { readOrder, usage } from './command-line.ts';
import type { Order } from './command-line.ts';
import { faultsMachine } from './faults/machine.ts';
import { hostileMachine } from './hostile/machine.ts';
import { StoppedError } from './machine.ts';
import type { Machine } from './machine.ts';
import { mutantsMachine } from './mutants/machine.ts';
import { rulesMachine } from './rules/machine.ts';
import { table } from './table.ts';
import type { Row } from './table.ts';
import { walkMachine } from './walk/machine.ts';

const MACHINES: readonly Machine[] = [
  walkMachine,
  awayMachine,
  faultsMachine,
  hostileMachine,
  mutantsMachine,
  rulesMachine,
];

process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  try {
    const order = readOrder(words, MACHINES, process.env);
    if (!order.help) return await runAll(order);
    console.log(usage(MACHINES));
    return 0;
  } catch (error) {
    if (!(error instanceof StoppedError)) throw error;
    console.error(`error: ${error.message}\nscript/torture --help tells what it takes`);
    return 2;
  }
}

async function runAll({ machines, quiet, ...options }: Order): Promise<number> {
  const log = (line: string): void => {
    if (!quiet) console.error(line);
  };
  const rows: Row[] = [];
  for (const machine of machines)
    rows.push({ machine, result: await machine.run({ ...options, log }) });
  const faults = rows.flatMap(({ result }) => result.faults);
  for (const { kind, seed: found, text, shortened } of faults)
    console.log(`${kind}, with --seed ${found}:\n${text}\nshortened:\n${shortened}\n`);
  console.log(table(rows));
  return faults.length === 0 ? 0 : 1;
}
