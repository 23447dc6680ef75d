/** What is read of the whole host: before a change no more than its names and addresses. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { lookAtHost } from '../src/linux/host-look.ts';
import { readHostNetwork } from '../src/linux/host-network.ts';
import { told } from './support/told.ts';

test('before a change, the settings of interfaces are not read', async () => {
  const commands = told([['ip', { stdout: '' }]]);
  await readHostNetwork(commands);
  assert.deepEqual(commands.lines.map(wordsOf), ['read ip -j -batch -']);
});

test('to compare them with what klee made, they are', async () => {
  const commands = told([['ip', { stdout: '' }]]);
  await lookAtHost(commands);
  assert.deepEqual(new Set(commands.lines.map(wordsOf)), new Set(['read ip -j -d -batch -']));
});

/** Without its input. */
function wordsOf(line: string): string {
  return line.slice(0, line.indexOf(' <<'));
}

test.run();
