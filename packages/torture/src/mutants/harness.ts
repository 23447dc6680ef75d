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
  /**
   * Runs what was collected, and says how long each test that passed took. The first failure rejects.
   * @param first - names of tests, in the order in which they are to come; the others follow
   */
  readonly run: (first?: readonly string[]) => Promise<readonly Timed[]>;
}

export interface Timed {
  readonly name: string;
  readonly milliseconds: number;
}

export function newHarness(): Harness {
  const queue: Suite[] = [];
  const suite = (): object => collector(queue);
  return { uvu: { test: suite(), suite }, run: (first = []) => runAll(queue, first) };
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

async function runAll(
  queue: readonly Suite[],
  first: readonly string[],
): Promise<readonly Timed[]> {
  const places = new Map(first.map((name, index) => [name, index]));
  const placeOf = ({ name }: Named): number => places.get(name) ?? first.length;
  const passed: Timed[] = [];
  for (const suite of queue) {
    const tests = suite.tests.toSorted((a, b) => placeOf(a) - placeOf(b));
    passed.push(...(await runSuite({ ...suite, tests })));
  }
  return passed;
}

async function runSuite(suite: Suite): Promise<readonly Timed[]> {
  const { tests, before, after, beforeEach, afterEach } = suite;
  const context = {};
  const passed: Timed[] = [];
  const runEach = async (steps: readonly Step[]): Promise<void> => {
    for (const step of steps) await step(context);
  };
  try {
    await runEach(before);
    for (const { name, run } of tests) {
      const started = performance.now();
      try {
        await runEach(beforeEach);
        await run(context);
      } catch (cause) {
        throw new Error(name, { cause });
      } finally {
        await runEach(afterEach);
      }
      passed.push({ name, milliseconds: performance.now() - started });
    }
  } finally {
    await runEach(after);
  }
  return passed;
}
