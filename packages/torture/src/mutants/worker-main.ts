/** A process that runs test files, one after the other, each as often as it is told to, with mutants or without. */
import { Session } from 'node:inspector/promises';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { newHarness } from './harness.ts';
import { newWorld } from './modules.ts';
import type { Order, Outcome, Range } from './worker.ts';

/** Processes that a test starts read the mutant from this variable (script/tests/typescript-hooks.mjs). */
const VARIABLE = 'KLEENET_INSTEAD';
let late: unknown;
const environment = { ...process.env };
const here = process.cwd();

for (const event of ['unhandledRejection', 'uncaughtException'] as const)
  process.on(event, (error) => {
    late ??= error ?? new Error(event);
  });
// Whoever gave the orders may be killed. What a test has started ends with this process.
process.on('disconnect', () => process.kill(-process.pid, 'SIGKILL'));
process.on('message', (order: Order) => {
  void answer(order).then((outcome) => process.send?.(outcome));
});

async function answer(order: Order): Promise<Outcome> {
  const { changed } = order;
  process.env = { ...environment };
  process.chdir(here);
  late = undefined;
  if (changed !== undefined) {
    writeFileSync(order.scratch, changed.source);
    process.env[VARIABLE] = JSON.stringify({ [changed.path]: order.scratch });
  }
  const started = performance.now();
  const session = order.wantsCoverage ? await startCoverage() : undefined;
  const { uvu, run } = newHarness();
  const world = newWorld({ stead: { uvu }, changed });
  const spent = (): number => performance.now() - started;
  try {
    world.load(order.test);
    const tests = await run(order.first);
    if (late !== undefined) throw late;
    const passed = tests.length;
    const outcome = { passed, tests, milliseconds: spent(), memory: process.memoryUsage().rss };
    if (session === undefined) return outcome;
    return { ...outcome, files: world.files(), coverage: await takeCoverage(session) };
  } catch (error) {
    return { failure: told(error), milliseconds: spent(), memory: process.memoryUsage().rss };
  }
}

function told(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { message, cause } = error;
  return cause === undefined ? message : `${message}: ${told(cause)}`;
}

async function startCoverage(): Promise<Session> {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });
  return session;
}

/** The ranges of each file of ours, outer ones first, with how often they ran. */
async function takeCoverage(session: Session): Promise<Record<string, readonly Range[]>> {
  const { result } = await session.post('Profiler.takePreciseCoverage');
  await session.post('Profiler.stopPreciseCoverage');
  session.disconnect();
  const ours = result.filter(({ url }) => /^file:.*\/src\/.*\.ts$/.test(url));
  return Object.fromEntries(
    ours.map(({ url, functions }) => [
      fileURLToPath(url),
      functions.flatMap(({ ranges }) =>
        ranges.map(({ startOffset, endOffset, count }): Range => [startOffset, endOffset, count]),
      ),
    ]),
  );
}
