/** Faults that klee once had are put back, one at a time: the machines find each of them. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { takeWalk } from '../../src/walk/take-walk.ts';
import type { FINDING_KINDS } from '../../src/walk/findings.ts';
import type { Step } from '../../src/walk/steps/step.ts';
import { withKlee } from '../put-back/build.ts';
import type { Change } from '../put-back/build.ts';
import {
  ATTACH_MAKES_NO_NEIGHBOUR,
  CONNECTIONS_OUTLIVE_THEIR_CONTAINER,
  PUBLISHED_ON_ANY_NETWORK,
} from '../put-back/faults.ts';

type Steps = readonly (Step & Record<string, unknown>)[];

const PLAIN = { type: 'bridge', nat: true, icc: true, internal: false, gateway: true };
const network = (subnet: number): Steps[number] => ({
  do: 'create network',
  name: `net${subnet}`,
  subnet,
  families: ['ipv4', 'ipv6'],
  ...PLAIN,
});
const UDP = { host: 8001, container: 5000, protocol: 'udp' };
const container = (
  name: string,
  networks: readonly string[],
  ports: readonly object[] = [],
): Steps[number] => ({
  do: 'run',
  name,
  driver: 'ipnet',
  starts: 'when asked',
  wishes: networks.map((one) => ({ network: one })),
  ports,
});

/** Walks that show them, as the machine shortened them. */
const WALKS: readonly {
  readonly name: string;
  readonly changes: readonly Change[];
  readonly steps: Steps;
  readonly finds: (typeof FINDING_KINDS)[number];
}[] = [
  {
    name: 'attach leaves out a neighbour, and observe does not look for it',
    changes: ATTACH_MAKES_NO_NEIGHBOUR,
    steps: [network(1), container('box1', ['net1'])],
    finds: 'deaf',
  },
  {
    name: 'a published port leads to the network of the lower priority',
    changes: PUBLISHED_ON_ANY_NETWORK,
    steps: [network(1), network(2), container('box1', ['net1', 'net2'], [UDP])],
    finds: 'deaf',
  },
  {
    name: 'a network that is made anew as internal hears the old world',
    changes: CONNECTIONS_OUTLIVE_THEIR_CONTAINER,
    steps: [
      network(1),
      container('box1', ['net1'], [UDP]),
      { do: 'remove by force', name: 'box1' },
      { do: 'remove network', name: 'net1' },
      { ...network(1), internal: true },
      container('box1', ['net1']),
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

test.run();
