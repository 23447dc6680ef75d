/** How the problems of a request are told: one, or several together. */
import { deepEqual, equal } from 'node:assert/strict';
import { suite } from 'uvu';
import { Problems } from '../src/engine/requests/problems.ts';
import { KleenetError, isKleenetError } from '../src/errors.ts';

const test = suite('problems of a request');

const INTERNAL = { path: 'network', message: 'is internal' };
const VLAN = { path: 'driver-opt vlan', message: 'is not a number' };

function raised(add: (problems: Problems) => void): KleenetError | undefined {
  const problems = new Problems();
  add(problems);
  try {
    problems.raise();
    return undefined;
  } catch (error) {
    if (isKleenetError(error)) return error;
    throw error;
  }
}

for (const [what, issues, message] of [
  ['one issue', [INTERNAL], 'network: is internal'],
  ['two issues', [INTERNAL, VLAN], 'network: is internal; driver-opt vlan: is not a number'],
] as const) {
  test(`of ${what} of a driver the error names the path, in its message and in its details`, () => {
    const error = raised((problems) => problems.addIssues(issues));
    equal(error?.message, message);
    deepEqual(
      error?.details['issues'],
      issues.map((issue) => ({ ...issue, code: 'INVALID_ARGUMENT' })),
    );
  });
}

test("a problem of klee's own is thrown as it is, since its message says all", () => {
  const own = new KleenetError('ADDRESS_INVALID', "'x' is not an address", { hint: 'give one' });
  equal(
    raised((problems) => problems.add('ip', own)),
    own,
  );
});

test('without a problem nothing is thrown', () => {
  equal(
    raised((problems) => problems.addIssues([])),
    undefined,
  );
});

test.run();
