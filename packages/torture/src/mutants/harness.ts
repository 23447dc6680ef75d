/** Stands for uvu: collects the tests of a file, and runs them until one fails. */

type Step = (context: object) => unknown;
interface Named {
  readonly name: string;
  readonly run: Step;
}

interface Suite {
  readonly tests: readonly Named[];
  readonly before: readonly Step[];
  readonly after: readonly Step[];
  readonly beforeEach: readonly Step[];
  readonly afterEach: readonly Step[];
}

export interface Harness {
  /** What `import … from 'uvu'` gives. */
  readonly uvu: object;
  /** Runs what was collected, and says how many tests passed. The first failure rejects. */
  readonly run: () => Promise<number>;
}

export function newHarness(): Harness {
  const queue: Suite[] = [];
  const suite = (): object => collector(queue);
  return { uvu: { test: suite(), suite }, run: () => runAll(queue) };
}

function collector(queue: Suite[]): object {
  const tests: Named[] = [];
  const before: Step[] = [];
  const after: Step[] = [];
  const beforeEach: Step[] = [];
  const afterEach: Step[] = [];
  const adder = (hooks: Step[]) => (step: Step) => void hooks.push(step);
  return Object.assign((name: string, run: Step) => void tests.push({ name, run }), {
    before: Object.assign(adder(before), { each: adder(beforeEach) }),
    after: Object.assign(adder(after), { each: adder(afterEach) }),
    skip: () => undefined,
    run: () => void queue.push({ tests, before, after, beforeEach, afterEach }),
  });
}

async function runAll(queue: readonly Suite[]): Promise<number> {
  let passed = 0;
  for (const suite of queue) passed += await runSuite(suite);
  return passed;
}

async function runSuite({ tests, before, after, beforeEach, afterEach }: Suite): Promise<number> {
  const context = {};
  const runEach = async (steps: readonly Step[]): Promise<void> => {
    for (const step of steps) await step(context);
  };
  try {
    await runEach(before);
    for (const { name, run } of tests) {
      try {
        await runEach(beforeEach);
        await run(context);
      } catch (cause) {
        throw new Error(name, { cause });
      } finally {
        await runEach(afterEach);
      }
    }
  } finally {
    await runEach(after);
  }
  return tests.length;
}
