/** A short walk with a fixed seed; and the proof that walks find faults. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import { walkOf } from '../../src/walk/steps/index.ts';
import { takeWalk } from '../../src/walk/take-walk.ts';
import { before } from '../support/before.ts';
import { container, network } from '../support/steps.ts';

test('a short walk', async () => {
  const lines: string[] = [];
  const walked = await takeWalk({ steps: walkOf(1, 10) }, (line) => void lines.push(line));
  assert.equal(walked.finding, undefined, lines.join('\n'));
  assert.ok(walked.counts.packets > 0);
});

test('a longer walk on the simulated host', async () => {
  const lines: string[] = [];
  const order = { system: 'memory', steps: walkOf(1, 60, 'memory') } as const;
  const { counts, finding } = await takeWalk(order, (line) => void lines.push(line));
  assert.equal(finding, undefined, lines.join('\n'));
  assert.equal(counts.steps, 60);
});

const LOSES_A_ROUTE = `
case " $* " in
  *' - '*) grep -v -e 'route replace 10.77.1.2' | real "$@" ;;
  *) real "$@" ;;
esac`;

/** Rules of another program, which klee neither reads nor tells. */
const SWALLOWS_UDP = `
real "$@" || exit
# klee also loads its rules in an empty namespace, to compare.
[ -e /proc/sys/net/ipv4/conf/uplink ] || exit 0
real add table inet other
real add chain inet other forward '{ type filter hook forward priority -5; }'
real add rule inet other forward udp dport 5001 drop`;

/** From the second network on, connections that are open carry nothing any more. */
const CUTS_CONNECTIONS = `
real "$@" || exit
[ -e /proc/sys/net/ipv4/conf/uplink ] || exit 0
real list ruleset | grep -qF 10.77.2. || exit 0
real add table inet other
real add chain inet other forward '{ type filter hook forward priority -5; }'
real add rule inet other forward tcp dport 5000 ct state established drop`;

const STEPS = [network(1), container('box1'), container('box2')];

for (const [what, program, script, steps, found] of [
  ['a host without a route to a container', 'ip', LOSES_A_ROUTE, STEPS, 'check'],
  ['packets that do not arrive', 'nft', SWALLOWS_UDP, STEPS, 'deaf'],
  ['connections that end with no reason', 'nft', CUTS_CONNECTIONS, [...STEPS, network(2)], 'cut'],
] as const) {
  test(`a walk finds ${what}`, async () => {
    const folder = before(program, script);
    try {
      const { finding } = await takeWalk({ steps, path: folder }, () => undefined);
      assert.equal(finding?.kind, found, JSON.stringify(finding));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

test('a walk on the simulated host finds a repair that does nothing', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'torture-before-'));
  const klee = join(folder, 'klee.cjs');
  const real = JSON.stringify(join(import.meta.dirname, '../../../../bin/klee'));
  writeFileSync(
    klee,
    `const words = process.argv.slice(2);
    if (words.includes('repair')) process.exit(0);
    const { spawnSync } = require('node:child_process');
    const { status } = spawnSync(process.execPath, [${real}, ...words], { stdio: 'inherit' });
    process.exit(status ?? 1);`,
  );
  try {
    const steps = [...STEPS, { do: 'mishap', what: 'rules flushed', name: 'box1', connection: 0 }];
    const { finding } = await takeWalk({ system: 'memory', klee, steps }, () => undefined);
    assert.equal(finding?.kind, 'check', JSON.stringify(finding));
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a walk kills a supervisor, and what it leaves is cleaned up once the command is killed, too', async () => {
  const steps = [
    ...STEPS.slice(0, 2),
    { do: 'supervisor killed', name: 'box1' },
    { do: 'container killed', name: 'box1' },
    { do: 'start', name: 'box1' },
    { do: 'supervisor killed', name: 'box1' },
  ];
  const { counts, finding } = await takeWalk({ steps }, () => undefined);
  assert.equal(finding, undefined, JSON.stringify(finding));
  assert.equal(counts.steps, steps.length);
});

test.run();
