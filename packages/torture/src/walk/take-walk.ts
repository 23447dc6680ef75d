/** Takes a walk in a process of its own, in namespaces that die with it. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { WalkOrder } from './walk-main.ts';
import type { Walked } from './findings.ts';

const TOP = join(import.meta.dirname, '../../../..');
const MAIN = join(import.meta.dirname, 'walk-main.ts');

/** What it tells while it goes is handed to `log`. */
export async function takeWalk(order: WalkOrder, log: (line: string) => void): Promise<Walked> {
  const argv = ['--conditions=@kleenet/source', '--import', import.meta.resolve('tsx'), MAIN];
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
  if (status !== 0) throw new Error(`a walk ended with status ${status}: ${last}`);
  return JSON.parse(said) as Walked;
}
