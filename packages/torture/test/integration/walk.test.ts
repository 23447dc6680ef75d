/** Short walks with fixed seeds; and the proof that walks find faults. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import { walkOf } from '../../src/walk/steps/index.ts';
import { takeWalk } from '../../src/walk/take-walk.ts';

for (const seed of [1, 2]) {
  test(`the walk with seed ${seed}`, async () => {
    const lines: string[] = [];
    const walked = await takeWalk({ steps: walkOf(seed, 10) }, (line) => void lines.push(line));
    assert.equal(walked.finding, undefined, lines.join('\n'));
    assert.ok(walked.counts.packets > 0);
  });
}

/** A directory with a program that stands before the one of the host, which it calls as `real`. */
function before(program: string, script: string): string {
  const folder = mkdtempSync(join(tmpdir(), 'torture-before-'));
  const path = join(folder, program);
  const real = `PATH=\${PATH#${folder}:}\nreal() { ${program} "$@"; }`;
  writeFileSync(path, `#!/bin/sh\n${real}\n${script}\n`, { mode: 0o755 });
  return folder;
}

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

const STEPS = [
  {
    do: 'create network',
    name: 'net1',
    subnet: 1,
    families: ['ipv4'],
    type: 'bridge',
    nat: true,
    icc: true,
    internal: false,
    gateway: true,
  },
  ...['box1', 'box2'].map((name) => ({
    do: 'run',
    name,
    driver: 'ipnet',
    starts: 'when asked',
    wishes: [{ network: 'net1' }],
    ports: [],
  })),
];

for (const [what, program, script, found] of [
  ['a host without a route to a container', 'ip', LOSES_A_ROUTE, 'check'],
  ['packets that do not arrive', 'nft', SWALLOWS_UDP, 'deaf'],
] as const) {
  test(`a walk finds ${what}`, async () => {
    const folder = before(program, script);
    try {
      const { finding } = await takeWalk({ steps: STEPS, path: folder }, () => undefined);
      assert.equal(finding?.kind, found, JSON.stringify(finding));
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

test.run();
