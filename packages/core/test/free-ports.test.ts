/** One port of the host is published once: by interface, protocol and number. */
import * as assert from 'node:assert/strict';
import { suite } from 'uvu';
import * as core from '../src/engine/index.ts';
import { hasCode } from '../src/errors.ts';
import { newProcess, newWorld } from './support/engine.ts';

const test = suite('free ports');

const HOST = { image: 'host', driver: 'ipnet', command: ['x'] } as const;
const RANGE = '5000:5010:4000:*';

/** What is published first, what is published next, and whether both can be. */
const PAIRS: readonly (readonly [first: string, next: string, free: boolean])[] = [
  ['8080:80', '8080:81', false],
  ['8080:80', '8081:80', true],
  ['8080:80', '8079:80', true],
  ['8080:80', '8080:80/udp', true],
  ['8080:80/udp', '8080:81/udp', false],
  // The first and the last of a range are in it, from either side.
  [RANGE, '4999', true],
  [RANGE, '5000', false],
  [RANGE, '5005', false],
  [RANGE, '5010', false],
  [RANGE, '5011', true],
  ['5000', RANGE, false],
  ['5010', RANGE, false],
  ['5011', RANGE, true],
  [RANGE, '4990:5000:4000:*', false],
  [RANGE, '5010:5020:4000:*', false],
  [RANGE, '4990:4999:4000:*', true],
  [RANGE, '5000:5010:4000:*/udp', true],
  ['ext0:8080:80', 'ext0:8080:80', false],
  ['ext0:8080:80', 'lo:8080:80', true],
  ['ext0:8080:80', '8080:80', false],
  ['8080:80', 'ext0:8080:80', false],
];

for (const [first, next, free] of PAIRS) {
  test(`${first} beside ${next}: ${free ? 'both' : 'only one'}`, async () => {
    const { engine } = newProcess(newWorld());
    await core.createContainer(engine, { name: 'a', ...HOST, publish: [first] });
    const second = (): Promise<unknown> =>
      core.createContainer(engine, { name: 'b', ...HOST, publish: [next] });
    // Other numbers, so that only these two can be in each other's way.
    const publish = [first, next].map((text) => text.replaceAll(/\b(\d{4})\b/g, '1$1'));
    const both = (): Promise<unknown> =>
      core.createContainer(engine, { name: 'c', ...HOST, publish });
    if (free) {
      await second();
      await both();
      return;
    }
    await assert.rejects(second(), (error) => {
      assert.ok(hasCode(error, 'PORT_IN_USE'), String(error));
      return /^ports? .* of the host (is|are) published by container 'a'$/.test(error.message);
    });
    await assert.rejects(both(), (error) => {
      assert.ok(hasCode(error, 'PORT_IN_USE'), String(error));
      return error.message.endsWith('is published by the same container');
    });
    const names = (await core.listContainers(engine)).map(({ container }) => container.name);
    assert.deepEqual(names, ['a']);
  });
}

test('what a container published is free again when it is gone', async () => {
  const { engine } = newProcess(newWorld());
  await core.createContainer(engine, { name: 'a', ...HOST, publish: ['8080:80'] });
  await core.removeContainer(engine, 'a');
  await core.createContainer(engine, { name: 'b', ...HOST, publish: ['8080:80'] });
});

test.run();
