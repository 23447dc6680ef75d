/** Volleys that found something once; and the proof that the machine `hostile` finds faults. */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { test } from 'uvu';
import { take } from '../../src/hostile/machine.ts';
import { before } from '../support/before.ts';

const UNTIL = Number.MAX_SAFE_INTEGER;

test('what a container must not send arrives nowhere, not even on a careless host', async () => {
  const cases = [
    ...[
      'other networks',
      'forms of ARP',
      'redirects',
      'servers and routers',
      'fragments',
      'options of IPv4',
      'MAC addresses',
      'flood of groups',
    ].map((volley) => ({ volley, attacker: 'evil', by: 'container' }) as const),
    { volley: 'routes of sockets', attacker: 'crafty', by: 'container' },
  ] as const;
  const lines: string[] = [];
  const order = { kind: 'careless', seed: 1, cases, until: UNTIL } as const;
  const { findings, volleys, sent, seen } = await take(order, (line) => void lines.push(line));
  assert.deepEqual(findings, [], lines.join('\n'));
  assert.equal(volleys, cases.length);
  assert.ok(sent > 5_000, `only ${sent} frames`);
  for (const place of [
    'near',
    'peer',
    'routed',
    'aside',
    'inside',
    'far',
    'host',
    'outside',
  ] as const)
    assert.ok((seen[place] ?? 0) > 0, `nothing was seen at ${place}`);
});

/** A rule less. */
const FAULTY_RULES = `
case " $* " in
  *' - '*) sed '/icmp type { redirect/d' | real "$@" ;;
  *) real "$@" ;;
esac`;

test('the machine finds a frame that arrives where a rule is missing', async () => {
  const path = before('nft', FAULTY_RULES);
  try {
    const cases = [{ volley: 'redirects', attacker: 'evil', by: 'administrator' }] as const;
    const order = { kind: 'plain', seed: 1, cases, until: UNTIL, path } as const;
    const { findings } = await take(order, () => undefined);
    const kinds = new Set(findings.map(({ kind }) => kind));
    assert.deepEqual([...kinds], ['passed'], JSON.stringify(findings));
    const passed = findings.find(({ kind }) => kind === 'passed');
    assert.match(passed?.text ?? '', /'ICMP [59] of 10\.88\.1\.5 .*was seen at/);
    assert.match(passed?.frame ?? '', /^[0-9a-f]+$/);
  } finally {
    rmSync(path, { recursive: true });
  }
});

test.run();
