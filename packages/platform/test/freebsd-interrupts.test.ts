/** What a user interrupts ends: the commands of an operation on a FreeBSD host have its signal. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { CommandRunner, Endpoint, IpAddress, Network } from '@kleenet/core';
import { SILENT_LOGGER } from '@kleenet/core/testing';
import { removeClaimed } from '../src/freebsd/claimed.ts';
import { ownedFirewall } from '../src/freebsd/firewall-owner.ts';
import { createFirewall } from '../src/freebsd/firewall.ts';
import { guardEndpoint, releaseEndpoint } from '../src/freebsd/firewall/guard.ts';
import type { GuardTarget } from '../src/freebsd/firewall/guard.ts';
import { silenceAddresses } from '../src/freebsd/firewall/left.ts';
import { renderFirewall } from '../src/freebsd/firewall/render.ts';
import { installFiles, mountDevices, mountInside, removeTrees } from '../src/freebsd/root-fs.ts';
import { told } from './support/told.ts';
import type { Answers } from './support/told.ts';
import { intentOf } from './support/pf-world.ts';

const { signal } = new AbortController();
const OPERATION = { signal, claim: () => Promise.resolve() };
const RULES = renderFirewall({ networks: [intentOf('web')], published: [] });

/** The commands that an operation gives the host, each with whether it has the signal. */
async function heard(
  answers: Answers,
  work: (commands: CommandRunner) => Promise<unknown>,
): Promise<ReadonlyMap<string, boolean>> {
  const commands = told(answers);
  await work(commands);
  return new Map(
    commands.lines.map((line, index) => [
      line.replace(/ <<.*/, ''),
      commands.options[index]?.signal === signal,
    ]),
  );
}

/** Those that change the host, all of which have the signal. */
async function changes(
  answers: Answers,
  work: (commands: CommandRunner) => Promise<unknown>,
): Promise<readonly string[]> {
  const all = await heard(answers, work);
  const changing = [...all.keys()].filter((line) => line.startsWith('change '));
  assert.deepEqual(
    changing.filter((line) => all.get(line) !== true),
    [],
    'these do not end',
  );
  return changing.map((line) => line.replace('change ', ''));
}

const ENABLED = ['pfctl -s info', { stdout: 'Status: Enabled\n' }] as const;

test('rules that are loaded', async () => {
  const stale = ['-s Tables', { stdout: 'klee_99aaaaaaaaaa\n' }] as const;
  const all = await heard([stale], (commands) =>
    createFirewall(commands, SILENT_LOGGER).apply(RULES, OPERATION),
  );
  const networks = 'pfctl -a klee/networks';
  for (const line of [`change ${networks} -f -`, `change ${networks} -t klee_99aaaaaaaaaa -T kill`])
    assert.equal(all.get(line), true, line);
});

test('rules that are flushed', async () => {
  const anchors = ['-s Anchors', { stdout: 'klee/networks\n' }] as const;
  const given = await changes([ENABLED, anchors], (commands) =>
    createFirewall(commands, SILENT_LOGGER).clear(OPERATION),
  );
  assert.deepEqual(given, ['pfctl -a klee/networks -F all']);
});

test('connections that are ended', async () => {
  const state =
    'all tcp 10.11.0.11:80 (192.0.2.10:8080) <- 192.0.2.1:4000       ESTABLISHED:ESTABLISHED\n   id: 772b0c6b00000000 creatorid: a45584a1\n';
  const given = await changes([ENABLED, ['-s states', { stdout: state }]], (commands) =>
    createFirewall(commands, SILENT_LOGGER).endFlows(
      { of: 'addresses', addresses: ['10.11.0.11' as IpAddress] },
      OPERATION,
    ),
  );
  assert.equal(given.length, 3);
});

function target(network: 'web' | 'lan', stack: 'own' | 'restricted'): GuardTarget {
  const { id, name, type, icc, interface: device } = intentOf(network);
  return {
    network: { id, name, type, icc, interface: device } as Network,
    endpoint: {
      id: '0a1b2c3d4e5f',
      addresses: { ipv4: '10.11.0.11' as IpAddress },
    } as Endpoint,
    sandbox: { name: 'klee-0a1b2c3d4e5f', stack },
    hostInterface: 'epair1000a',
  };
}

const READY: Answers = [
  ENABLED,
  ['pfctl -s rules', { stdout: 'anchor "klee/*" all\n' }],
  ['pfctl -s nat', { stdout: 'nat-anchor "klee/*" all\nrdr-anchor "klee/*" all\n' }],
];

test('endpoints that are guarded and released', async () => {
  const lost = ['klee_left_11aaaaaaaaaa -T show', { stdout: '10.11.0.11\n' }] as const;
  const both =
    (of: GuardTarget) =>
    async (commands: CommandRunner): Promise<void> => {
      await guardEndpoint(commands, of, signal);
      await releaseEndpoint(commands, of, signal);
    };
  const anchor = 'pfctl -a klee/endpoint-0a1b2c3d4e5f';
  const networks = 'pfctl -a klee/networks -t';
  assert.deepEqual(await changes([...READY, lost], both(target('web', 'own'))), [
    `${networks} klee_left_11aaaaaaaaaa -T delete 10.11.0.11`,
    `${anchor} -f -`,
    `${anchor} -F all`,
  ]);
  assert.deepEqual(await changes(READY, both(target('lan', 'restricted'))), [
    `${networks} klee_31aaaaaaaaaa -T add 10.11.0.11`,
    `${networks} klee_31aaaaaaaaaa -T delete 10.11.0.11`,
  ]);
});

test('addresses that are silenced', async () => {
  const socket = { stdout: 'root nc 4001 3 udp4 10.11.0.11:5001 *:*\n' };
  const given = await changes([ENABLED, ['sockstat', socket]], (commands) =>
    silenceAddresses(commands, target('web', 'restricted'), signal),
  );
  assert.deepEqual(given, ['pfctl -a klee/networks -t klee_left_11aaaaaaaaaa -T add 10.11.0.11']);
});

test('the firewall of a host, when it gets and loses an owner', async () => {
  const firewall = createFirewall(told(), SILENT_LOGGER);
  const lines = async (said: string): Promise<readonly string[]> =>
    changes([['[klee-owner]', { stdout: said }]], (commands) =>
      ownedFirewall(
        { ...firewall, apply: () => Promise.resolve(true) },
        { commands, directory: '/d', file: '/f' },
      ).apply(said === '' ? RULES : '', OPERATION),
    );
  assert.equal((await lines('')).length, 1);
  assert.equal((await lines('/d')).length, 1);
});

test('what was claimed', async () => {
  const there = 'ext0: flags=8843<UP> metric 0 mtu 1500\n\tinet 192.0.2.1 netmask 0xffffffff\n';
  const claim = { kind: 'address', name: '192.0.2.1', interface: 'ext0' } as const;
  const all = await heard([['ifconfig -a', { stdout: there }]], (commands) =>
    removeClaimed(commands, [claim], { signal }),
  );
  assert.deepEqual([...all.values()], [true, true]);
});

test('the file systems of a container', async () => {
  const given = await changes(
    [['rm -rfx', { status: 1, stderr: 'rm: x: Operation not permitted' }]],
    async (commands) => {
      await mountInside(commands, '/r', '/a', { type: 'nullfs', source: '/s' }, signal);
      await mountDevices(commands, '/r', signal);
      await installFiles(commands, '/r', undefined, signal);
      await assert.rejects(removeTrees(commands, ['/r'], signal));
    },
  );
  assert.equal(given.length, 5);
});

test.run();
