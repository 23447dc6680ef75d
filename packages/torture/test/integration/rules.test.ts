/** Some lines and entries with a fixed seed; and the proof that the machine finds those that nothing needs. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { tryPart } from '../../src/rules/machine.ts';
import type { RulesOrder } from '../../src/rules/rules-main.ts';

async function found(order: RulesOrder): Promise<readonly string[]> {
  const lines: string[] = [];
  const { tried, found: all } = await tryPart(order, (line) => void lines.push(line));
  const count = tried['lines left out'] ?? tried['entries left out'] ?? 0;
  if (all.length === 0) assert.ok(count > 0, lines.join('\n').slice(-2000));
  return all.map(({ kind, text }) => `${kind}: ${text}`);
}

for (const [part, only] of [
  ['internal networks', 'drop'],
  ['confinement of vnet', 'the system call'],
] as const)
  test(`some of the part '${part}'`, async () => {
    assert.deepEqual(await found({ part, seed: 1, seconds: 12, only }), []);
  });

test('the machine finds a rule that does nothing', async () => {
  const also = 'add rule inet klee containers ct state new counter drop';
  const order = { seed: 1, seconds: 300, also, only: 'counter' };
  const all = await found({ ...order, part: 'published ports' });
  assert.equal(all.length, 1);
  assert.match(all[0] ?? '', /^not needed: inet chain containers: ct state new counter/);
});

test.run();
