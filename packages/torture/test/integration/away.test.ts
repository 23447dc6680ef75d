/** A short visit with a fixed seed; and the proof that the machine finds faults. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import { takeAway } from '../../src/away/take-away.ts';
import type { VisitOrder } from '../../src/away/visit.ts';

const ORDER: VisitOrder = {
  scenario: { type: 'bridge', families: ['ipv4', 'ipv6'], mode: 'plain' },
  seed: 1,
  skip: 0,
  most: 4,
};

test('a short visit', async () => {
  const lines: string[] = [];
  const visited = await takeAway(
    { ...ORDER, only: 'then repair$' },
    (line) => void lines.push(line),
  );
  assert.deepEqual(visited.findings, [], lines.join('\n'));
  assert.equal(visited.tried, ORDER.most);
  assert.ok(visited.refused < visited.tried && visited.total > 100, JSON.stringify(visited));
});

/** A sysctl(8) that does not show klee one setting. */
const HIDES = `#!/bin/sh
PATH=\${PATH#*:}
case " $* " in
  *' -e -- '*) sysctl "$@" | grep -v arp_notify ;;
  *) exec sysctl "$@" ;;
esac
`;

test('a setting that klee does not see is found', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'torture-away-'));
  writeFileSync(join(folder, 'sysctl'), HIDES, { mode: 0o755 });
  try {
    const only = "^vnet's in .*arp_notify .*then repair$";
    const { findings } = await takeAway({ ...ORDER, only, path: folder }, () => undefined);
    assert.deepEqual(
      findings.map(({ kind }) => kind),
      ['unnoticed'],
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test.run();
