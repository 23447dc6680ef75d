import * as assert from 'node:assert/strict';
import { suite } from 'uvu';
import { tryAll } from '@kleenet/core/driver';
import { KleenetError } from '@kleenet/core/errors';
import { showError } from '../src/show-error.ts';

const test = suite('errors as users see them');

function shown(
  thrown: unknown,
  style: { json?: boolean; debug?: boolean } = {},
): readonly string[] {
  const notes: string[] = [];
  const note = (text: string): void => {
    notes.push(text);
  };
  showError({ note } as never, thrown, { json: false, debug: false, ...style });
  return notes;
}

async function several(): Promise<unknown> {
  const failing = (message: string, hint: string) => () =>
    Promise.reject(
      new KleenetError('PLATFORM_COMMAND_FAILED', message, { hint, details: { message } }),
    );
  try {
    await tryAll([
      failing('the route stays', 'remove it by hand'),
      failing('the rules stay', 'load them again'),
      failing('the address stays', 'remove it by hand'),
    ]);
  } catch (error) {
    return error;
  }
  return assert.fail('nothing was thrown');
}

test('what failed in several places is told whole, with each hint once', async () => {
  assert.deepEqual(shown(await several()), [
    'error: the route stays; also failed: the rules stay; also failed: the address stays',
    'hint: remove it by hand',
    'hint: load them again',
  ]);
});

test('programs get each failure with its code and details', async () => {
  const [text = ''] = shown(await several(), { json: true });
  const { error } = JSON.parse(text) as {
    error: { code: string; hint: string; details: Record<string, unknown> };
  };
  assert.equal(error.code, 'PLATFORM_COMMAND_FAILED');
  assert.equal(error.hint, 'remove it by hand');
  assert.deepEqual(error.details, {
    message: 'the route stays',
    alsoFailed: [
      {
        code: 'PLATFORM_COMMAND_FAILED',
        message: 'the rules stay',
        hint: 'load them again',
        details: { message: 'the rules stay' },
      },
      {
        code: 'PLATFORM_COMMAND_FAILED',
        message: 'the address stays',
        hint: 'remove it by hand',
        details: { message: 'the address stays' },
      },
    ],
  });
});

test('with --debug the origin of each failure is shown', async () => {
  const text = shown(await several(), { debug: true }).join('\n');
  for (const message of ['the route stays', 'the rules stay', 'the address stays'])
    assert.match(text, new RegExp(`^KleenetError: ${message}$`, 'm'));
});

test('details of a stranger that are not such a list are no reason to fail', () => {
  for (const alsoFailed of ['text', [null, 1, { hint: 2 }], {}]) {
    const error = new KleenetError('DRIVER_FAILED', 'no', { details: { alsoFailed } });
    assert.deepEqual(shown(error), ['error: no']);
  }
});

test.run();
