import * as assert from 'node:assert/strict';
import { suite } from 'uvu';
import type { AttachTarget, DataPlane } from '../src/driver.ts';
import { KleenetError, hasCode } from '../src/errors.ts';
import { GuardedPlane } from '../src/guard.ts';

const test = suite('GuardedPlane');
const target = Object.freeze({}) as AttachTarget;
const claiming = { claim: () => Promise.resolve() };

function guarded(
  plane: Partial<DataPlane>,
  options: { deadline?: number; signal?: AbortSignal } = {},
): GuardedPlane {
  const complete: DataPlane = {
    status: () => Promise.resolve({ state: 'ready', reasons: [] }),
    plan: () => [],
    attach: () => Promise.resolve(),
    detach: () => Promise.resolve(),
    observe: () => Promise.resolve([]),
    ...plane,
  };
  return new GuardedPlane('lab', complete, {
    signal: options.signal ?? new AbortController().signal,
    deadline: options.deadline ?? 1000,
  });
}

test('passes typed errors through, and turns others into DRIVER_FAILED with the name of the driver', async () => {
  const typed = new KleenetError('DISK_FULL', 'full');
  await assert.rejects(
    guarded({ attach: () => Promise.reject(typed) }).attach(target, claiming),
    (error) => error === typed,
  );
  for (const thrown of [new Error('boom'), 'boom']) {
    await assert.rejects(
      guarded({ attach: () => Promise.reject(thrown) }).attach(target, claiming),
      (error) => hasCode(error, 'DRIVER_FAILED') && /lab.*attach.*boom/.test(error.message),
    );
  }
});

test('a plan that throws is a typed error, too', () => {
  const plane = guarded({
    plan: () => {
      throw new Error('boom');
    },
  });
  assert.throws(
    () => plane.plan(target),
    (error) => hasCode(error, 'DRIVER_FAILED'),
  );
});

test('a driver that obeys the signal ends at the deadline with DRIVER_TIMEOUT', async () => {
  const plane = guarded(
    {
      attach: (_, { signal }) =>
        new Promise((_resolve, reject) =>
          signal.addEventListener('abort', () => reject(signal.reason)),
        ),
    },
    { deadline: 20 },
  );
  await assert.rejects(plane.attach(target, claiming), (error) => hasCode(error, 'DRIVER_TIMEOUT'));
});

test('a driver that never answers is left behind', async () => {
  const plane = guarded({ attach: () => new Promise(() => undefined) }, { deadline: 20 });
  await assert.rejects(plane.attach(target, claiming), (error) => hasCode(error, 'DRIVER_TIMEOUT'));
});

test('an interrupt stops attach, but not detach', async () => {
  const interrupt = new AbortController();
  interrupt.abort(new KleenetError('INTERRUPTED', 'interrupted'));
  const plane = guarded({}, { signal: interrupt.signal });
  await assert.rejects(plane.attach(target, claiming), (error) => hasCode(error, 'INTERRUPTED'));
  await plane.detach(target, claiming);
});

test('an unavailable data plane is refused with its reasons', async () => {
  const plane = guarded({
    status: () => Promise.resolve({ state: 'unavailable', reasons: ['no epair'] }),
  });
  await assert.rejects(
    plane.requireReady(),
    (error) => hasCode(error, 'DRIVER_UNAVAILABLE') && /no epair/.test(error.message),
  );
  await guarded({
    status: () => Promise.resolve({ state: 'degraded', reasons: ['slow'] }),
  }).requireReady();
});

test('observe must give one answer for each target', async () => {
  await assert.rejects(guarded({}).observe([target]), (error) => hasCode(error, 'DRIVER_FAILED'));
});

test.run();
