/** Faults that klee once had are put back, one at a time: the machines find each of them. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { takeAway } from '../../src/away/take-away.ts';
import { take as takeVolleys } from '../../src/hostile/machine.ts';
import { takeWalk } from '../../src/walk/take-walk.ts';
import type { FINDING_KINDS } from '../../src/walk/findings.ts';
import { withKlee } from '../put-back/build.ts';
import type { Change } from '../put-back/build.ts';
import {
  ATTACH_MAKES_NO_NEIGHBOUR,
  CONNECTIONS_OUTLIVE_THEIR_CONTAINER,
  OBSERVE_OVERLOOKS_SOURCES,
  PUBLISHED_ON_ANY_NETWORK,
  TAGGED_FRAMES_PASS,
} from '../put-back/faults.ts';
import { container, network } from '../support/steps.ts';
import type { Written } from '../support/steps.ts';

const BOTH = ['ipv4', 'ipv6'];
const UDP = { host: 8001, container: 5000, protocol: 'udp' };

/** Walks that show them, as the machine shortened them. */
const WALKS: readonly {
  readonly name: string;
  readonly changes: readonly Change[];
  readonly steps: readonly Written[];
  readonly finds: (typeof FINDING_KINDS)[number];
}[] = [
  {
    name: 'attach leaves out a neighbour, and observe does not look for it',
    changes: ATTACH_MAKES_NO_NEIGHBOUR,
    steps: [network(1, BOTH), container('box1', [{ network: 'net1' }])],
    finds: 'deaf',
  },
  {
    name: 'a published port leads to the network of the lower priority',
    changes: PUBLISHED_ON_ANY_NETWORK,
    steps: [
      network(1, BOTH),
      network(2, BOTH),
      container('box1', [{ network: 'net1' }, { network: 'net2' }], [UDP]),
    ],
    finds: 'deaf',
  },
  {
    name: 'the next holder of an address hears those who asked for a port of the last one',
    changes: CONNECTIONS_OUTLIVE_THEIR_CONTAINER,
    steps: [
      network(1, BOTH),
      container('box1', [{ network: 'net1', ipv4: 4 }], [UDP]),
      { do: 'remove by force', name: 'box1' },
      container('box2', [{ network: 'net1', ipv4: 4 }]),
    ],
    finds: 'outlived',
  },
];

for (const { name, changes, steps, finds } of WALKS) {
  test(`a walk finds that ${name}`, async () => {
    const { finding } = await withKlee(changes, (klee) =>
      takeWalk({ steps, klee }, () => undefined),
    );
    assert.equal(finding?.kind, finds, JSON.stringify(finding));
  });
}

test('hostile finds that tagged frames pass the checks of senders', async () => {
  const cases = [{ volley: 'tags', attacker: 'evil', by: 'container' }] as const;
  const until = Number.MAX_SAFE_INTEGER;
  const { findings } = await withKlee(TAGGED_FRAMES_PASS, (klee) =>
    takeVolleys({ kind: 'plain', seed: 1, cases, until, klee }, () => undefined),
  );
  assert.ok(
    findings.some(({ kind }) => kind === 'passed'),
    JSON.stringify(findings),
  );
});

test('away finds that observe overlooks a part of a route', async () => {
  const { findings } = await withKlee(OBSERVE_OVERLOOKS_SOURCES, (klee) =>
    takeAway(
      {
        scenario: { type: 'bridge', families: ['ipv4'], mode: 'plain' },
        seed: 1,
        skip: 0,
        most: 1,
        only: "ipnet's route .* without its source, then repair",
        klee,
      },
      () => undefined,
    ),
  );
  assert.deepEqual(
    findings.map(({ kind }) => kind),
    ['unnoticed'],
  );
});

test.run();
