/** Runs a part of a machine as a process of its own, in namespaces that die with it. */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const TOP = join(import.meta.dirname, '../../..');
const LOADER = join(TOP, 'script/tests/typescript.mjs');

/** Runs a module that calls {@link answerOrder}. What it tells while it goes is handed to `log`. */
export async function inNamespaces<Order, Answer>(
  module: string,
  order: Order,
  log: (line: string) => void,
): Promise<Answer> {
  const argv = ['--conditions=@kleenet/source', '--import', LOADER, module];
  const child = spawn(join(TOP, 'script/in-namespaces'), [process.execPath, ...argv], {
    cwd: TOP,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  child.stdin.end(JSON.stringify(order));
  let last = '';
  createInterface({ input: child.stderr }).on('line', (line) => {
    last = `${last}\n${line}`.slice(-2_000);
    log(line);
  });
  let said = '';
  child.stdout.on('data', (data) => (said += String(data)));
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  if (status !== 0) throw new Error(`${module} ended with status ${status}: ${last}`);
  return JSON.parse(said) as Answer;
}

/** The other end: reads the order, and prints what came of it as JSON. The process ends with it. */
export async function answerOrder<Order, Answer>(
  work: (order: Order, log: (line: string) => void) => Promise<Answer>,
): Promise<void> {
  const order = JSON.parse(readFileSync(0, 'utf8')) as Order;
  const answer = await work(order, (line) => void process.stderr.write(`${line}\n`));
  // A pipe may take what is written in parts.
  process.stdout.write(JSON.stringify(answer), () => process.exit(0));
}
