/** Removals with ip(8) that are asked for at the same time: how many programs make them, and what each caller is told. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { CommandRunner } from '@kleenet/core';
import { ipRemove } from '@kleenet/platform/linux';

/** Answers as ip(8) does, with messages for the lines that fail. */
function ipWith(failing: (line: string) => string | undefined): {
  readonly commands: CommandRunner;
  readonly inputs: string[][];
} {
  const inputs: string[][] = [];
  const change: CommandRunner['change'] = async (_, { input = '' } = {}) => {
    const lines = input.trim().split('\n');
    inputs.push(lines);
    await new Promise(setImmediate);
    const said = lines.flatMap((line, index) => {
      const message = failing(line);
      return message === undefined ? [] : [`${message}\nCommand failed -:${index + 1}\n`];
    });
    return { status: said.length === 0 ? 0 : 1, stdout: '', stderr: said.join('') };
  };
  const never = (): never => assert.fail('not a removal');
  return { inputs, commands: { read: never, change, foreground: never } };
}

test('two programs remove the interfaces of any number of containers, all but the first as one group', async () => {
  for (const count of [3, 40]) {
    const { commands, inputs } = ipWith(() => undefined);
    await Promise.all(
      Array.from({ length: count }, (_, index) =>
        ipRemove(commands, {
          lines: [`link delete dev klc${index}`, `netns delete klee-${index}`],
        }),
      ),
    );
    const [first = [], rest = [], ...more] = inputs;
    assert.deepEqual(more, []);
    assert.deepEqual(first, ['link delete dev klc0', 'netns delete klee-0']);
    const group = /group (\d+)$/.exec(rest[0] ?? '')?.[1];
    assert.equal(Math.floor(Number(group) / 65536), 27500);
    const others = Array.from({ length: count - 1 }, (_, index) => index + 1);
    assert.deepEqual(rest, [
      ...others.map((index) => `link set dev klc${index} group ${group}`),
      `link delete group ${group}`,
      ...others.map((index) => `netns delete klee-${index}`),
    ]);
  }
});

test('each caller is told of its own lines, and a missing interface is as good as a removed one', async () => {
  const { commands } = ipWith((line) => {
    if (line.includes('klc1 ')) return 'Cannot find device "klc1"';
    return line.includes('klee-2') ? 'Device or resource busy' : undefined;
  });
  const all = await Promise.allSettled(
    [0, 1, 2, 3].map((index) =>
      ipRemove(commands, { lines: [`link delete dev klc${index}`, `netns delete klee-${index}`] }),
    ),
  );
  assert.deepEqual(
    all.map(({ status }) => status),
    ['fulfilled', 'fulfilled', 'rejected', 'fulfilled'],
  );
  const [, , refused] = all;
  assert.match(
    String(refused?.status === 'rejected' && refused.reason),
    /ip netns delete klee-2: Device or resource busy/,
  );
});

test('if a group cannot be deleted, each of its interfaces is by itself', async () => {
  const { commands, inputs } = ipWith((line) =>
    line.includes('delete group') || line === 'link delete dev b'
      ? 'Operation not supported'
      : undefined,
  );
  const lines = ['a', 'b', 'c'].map((name) => `link delete dev ${name}`);
  await assert.rejects(
    ipRemove(commands, { lines }),
    /ip link delete dev b: Operation not supported/,
  );
  assert.deepEqual(inputs.at(-1), lines);
});

test('a caller that gives up takes no other with it, nor what is asked for later', async () => {
  const given = new AbortController();
  const change: CommandRunner['change'] = async (_, options) => {
    await new Promise(setImmediate);
    options?.signal?.throwIfAborted();
    return { status: 0, stdout: '', stderr: '' };
  };
  const never = (): never => assert.fail('not a removal');
  const commands = { read: never, change, foreground: never };
  const other = new AbortController();
  const first = ipRemove(commands, { lines: ['link delete dev a'], signal: given.signal });
  const second = ipRemove(commands, { lines: ['link delete dev b'], signal: other.signal });
  given.abort();
  await assert.rejects(first, /abort/i);
  await second;
  await ipRemove(commands, { lines: ['link delete dev c'], signal: other.signal });
});

test.run();
