import * as assert from 'node:assert/strict';
import { suite } from 'uvu';
import { settleAll, tryAll } from '../src/driver.ts';
import { KleenetError, isKleenetError } from '../src/errors.ts';
import { DriverFaults } from '../src/guard/faults.ts';

const test = suite('try all');

function failure(message: string, hint?: string): KleenetError {
  return new KleenetError('PLATFORM_COMMAND_FAILED', message, {
    ...(hint === undefined ? {} : { hint }),
    details: { argv: [message] },
  });
}

function failing(...thrown: readonly unknown[]): (() => Promise<never>)[] {
  return thrown.map((one) => () => Promise.reject(one));
}

async function thrownBy(work: Promise<void>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  return assert.fail('it did not throw');
}

test('every step is run, one after the other, and nothing is thrown when all succeed', async () => {
  const seen: string[] = [];
  const step = (name: string) => async (): Promise<void> => {
    seen.push(`begin ${name}`);
    await Promise.resolve();
    seen.push(`end ${name}`);
  };
  await tryAll([step('a'), step('b')]);
  assert.deepEqual(seen, ['begin a', 'end a', 'begin b', 'end b']);
  await tryAll([]);
  await settleAll([]);
});

test('the only failure is thrown as it is, and later steps are run', async () => {
  for (const thrown of [failure('a'), new TypeError('b'), 'c', undefined]) {
    let ran = false;
    const steps = [
      ...failing(thrown),
      () => {
        ran = true;
        return Promise.resolve();
      },
    ];
    assert.equal(await thrownBy(tryAll(steps)), thrown);
    assert.ok(ran);
    assert.equal(await thrownBy(settleAll([Promise.reject(thrown)])), thrown);
  }
});

test('of several failures none is lost', async () => {
  const failures = [failure('a', 'do this'), failure('b', 'do that'), new TypeError('c')];
  for (const work of [
    tryAll(failing(...failures)),
    settleAll(failures.map((one) => Promise.reject(one))),
  ]) {
    const error = await thrownBy(work);
    assert.ok(isKleenetError(error));
    assert.equal(error.code, 'PLATFORM_COMMAND_FAILED');
    assert.equal(error.message, 'a; also failed: b; also failed: c');
    assert.equal(error.hint, 'do this');
    assert.deepEqual(error.details, {
      argv: ['a'],
      alsoFailed: [
        {
          code: 'PLATFORM_COMMAND_FAILED',
          message: 'b',
          hint: 'do that',
          details: { argv: ['b'] },
        },
        { message: 'c' },
      ],
    });
    assert.ok(error.cause instanceof AggregateError);
    assert.deepEqual(error.cause.errors, failures);
  }
});

test('failures of steps that are themselves several are listed beside each other', async () => {
  const inner =
    (...names: readonly string[]) =>
    () =>
      tryAll(failing(...names.map((name) => failure(name))));
  const error = await thrownBy(tryAll([inner('a', 'b'), inner('c', 'd')]));
  assert.ok(isKleenetError(error));
  assert.equal(error.message, 'a; also failed: b; also failed: c; also failed: d');
  assert.deepEqual(
    (error.details['alsoFailed'] as { message: string }[]).map(({ message }) => message),
    ['b', 'c', 'd'],
  );
});

test('a failure that says what another has said is not told again', async () => {
  const first = failure('a');
  assert.equal(await thrownBy(tryAll(failing(first, failure('a')))), first);
});

test('what is not a KleenetError stays a fault, with all that failed', async () => {
  const failures = [new TypeError('a'), failure('b')];
  const error = await thrownBy(tryAll(failing(...failures)));
  assert.ok(error instanceof AggregateError);
  assert.equal(error.message, 'a; also failed: b');
  assert.deepEqual(error.errors, failures);
  const origin = { driver: 'lab', plugin: 'driver-lab', version: '1.0.0' };
  const told = new DriverFaults(origin).thrown('detach', error);
  assert.equal(told.code, 'DRIVER_FAILED');
  assert.match(told.message, /failed in detach: a; also failed: b$/);
});

test('what failed besides crosses from another copy of core', async () => {
  const error = await thrownBy(tryAll(failing(failure('a'), failure('b'))));
  assert.ok(isKleenetError(error));
  const foreign = Object.assign(new Error(error.message), {
    name: 'KleenetError',
    code: error.code,
    details: error.details,
    cause: error.cause,
  });
  const origin = { driver: 'lab', plugin: 'driver-lab', version: '1.0.0' };
  const adopted = new DriverFaults(origin).thrown('detach', foreign);
  assert.deepEqual(adopted.details, error.details);
  const outer = await thrownBy(tryAll(failing(adopted, failure('c'))));
  assert.ok(isKleenetError(outer));
  assert.equal(outer.message, 'a; also failed: b; also failed: c');
});

test.run();
