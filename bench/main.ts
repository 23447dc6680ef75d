/** script/bench: measures klee beside what people would use instead. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROWS } from './rows/index.ts';
import { describeMachine } from './support/machine.ts';
import { OrderError, USAGE, readOrder } from './support/order.ts';
import type { Order } from './support/order.ts';
import { resultsPage } from './support/results.ts';
import type { Page } from './support/results.ts';
import { measure } from './support/rounds.ts';
import { failuresOf, pointsTable } from './support/table.ts';
import { summaryOf } from './support/summary.ts';
import type { Outcome } from './support/verdict.ts';

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.once(signal, () => process.exit(1));

process.exitCode = await main(process.argv.slice(2));

async function main(words: readonly string[]): Promise<number> {
  try {
    const order = readOrder(words, ROWS);
    if (order.list) return list(order);
    return await run(order);
  } catch (error) {
    if (!(error instanceof OrderError)) throw error;
    console.error(`bench: ${error.message}\n${USAGE}`);
    return 2;
  }
}

function list({ rows }: Order): number {
  for (const [id, { title, long }] of rows)
    console.log(`${id.padEnd(28)} ${title}${long ? ' (long)' : ''}`);
  return 0;
}

/** Fails where a contestant did: a figure that is missing must be noticed. Goals are shown, and do not count. */
async function run({ rows, rounds, most, write, leftOut }: Order): Promise<number> {
  const outcomes: Outcome[] = [];
  for (const [id, row] of rows) {
    const outcome = { id, row, figures: await measure(id, row, { rounds, most }) };
    outcomes.push(outcome);
    show(outcome);
  }
  if (write)
    writePage(resultsPage(outcomes, { machine: describeMachine(), rounds, most, leftOut }));
  return failuresOf(outcomes).length === 0 ? 0 : 1;
}

function show(outcome: Outcome): void {
  console.log(`== ${outcome.id}: ${outcome.row.title}`);
  if (outcome.row.points !== undefined) console.log(pointsTable(outcome));
  console.log(summaryOf(outcome));
  for (const failure of failuresOf([outcome])) console.log(`FAILED ${failure}`);
}

function writePage({ text, curves }: Page): void {
  const folder = join(import.meta.dirname, 'curves');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder);
  writeFileSync(join(import.meta.dirname, 'RESULTS.md'), text);
  for (const [name, curve] of curves) writeFileSync(join(folder, name), curve);
}
