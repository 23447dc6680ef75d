/** Walks on the model of a FreeBSD host; and the proof that they find faults. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { walkOf } from '../../src/walk/steps/index.ts';
import type { Step } from '../../src/walk/steps/step.ts';
import { takeWalk } from '../../src/walk/take-walk.ts';
import { container, network } from '../support/steps.ts';

const PORT = { host: 8001, container: 5000, protocol: 'tcp' };
const STEPS = [network(1), container('box1', [{ network: 'net1' }], [PORT])];

test('a walk with klee in one process with the model', async () => {
  const lines: string[] = [];
  const order = { system: 'freebsd', steps: walkOf(1, 30, 'freebsd') } as const;
  const { counts, finding } = await takeWalk(order, (line) => void lines.push(line));
  assert.equal(finding, undefined, lines.join('\n'));
  assert.equal(counts.steps, 30);
  assert.ok(counts.packets > 0);
});

test('a setting that repair has brought back is not left', async () => {
  const members = { do: 'mishap', what: 'members not filtered', name: 'box1', connection: 0 };
  const steps = [...STEPS, members as Step];
  const { finding } = await takeWalk({ system: 'freebsd', steps }, () => undefined);
  assert.equal(finding, undefined, JSON.stringify(finding));
});

for (const [what, mischief, found, text] of [
  [
    'an address that the host does not get',
    { at: '10[.]77[.]1[.]2/32 alias' },
    'check',
    /10[.]77[.]1[.]2/,
  ],
  [
    'packets that are lost on their way out',
    { at: '10[.]77[.]1[.]2/32 alias', run: ['route', '-n', 'add', '192.0.2.2', '192.0.2.9'] },
    'deaf',
    /no host on ext0 has 192[.]0[.]2[.]2/,
  ],
] as const) {
  test(`a walk on FreeBSD finds ${what}`, async () => {
    const { finding } = await takeWalk(
      { system: 'freebsd', mischief, steps: STEPS },
      () => undefined,
    );
    assert.equal(finding?.kind, found, JSON.stringify(finding));
    assert.match(finding?.text ?? '', text);
  });
}

test.run();
