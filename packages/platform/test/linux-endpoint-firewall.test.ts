/** The part of the firewall that drivers use: a port is guarded, a link needs nothing, and any other interface is a mistake. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { AttachTarget } from '@kleenet/core/driver';
import { hostInterface } from '@kleenet/core/linux';
import {
  buildAttachTarget,
  buildContainer,
  buildEndpoint,
  buildNetwork,
} from '@kleenet/core/testing';
import { createEndpointFirewall, portProblems } from '../src/linux/firewall/endpoints.ts';
import { told } from './support/told.ts';

const { signal } = new AbortController();
/** The endpoint of a container with its own stack has a MAC address. */
const TARGET = targetOf('own');
const PORT = hostInterface('port', TARGET.endpoint.id);

function targetOf(stack: 'own' | 'restricted'): AttachTarget {
  const network = buildNetwork({ type: 'bridge' });
  const container = buildContainer({ stack });
  return buildAttachTarget({
    network,
    container,
    endpoint: buildEndpoint({ network, container }),
  });
}

const EMPTY = ['list table bridge klee', { stdout: '{"nftables":[]}' }] as const;

test('a port may send from its own addresses, until it is released', async () => {
  const commands = told([EMPTY]);
  const firewall = createEndpointFirewall(commands);
  await firewall.guard(TARGET, PORT, signal);
  await firewall.release(TARGET, PORT, signal);
  const [guarded = '', released = ''] = commands.lines.filter((line) => line.startsWith('change'));
  const { addresses, mac } = TARGET.endpoint;
  assert.match(
    guarded,
    new RegExp(`add element bridge klee senders4 .*${PORT}.*${mac} . ${addresses.ipv4}`),
  );
  assert.match(released, new RegExp(`delete element bridge klee senders4 .*${PORT}`));
});

test('a link needs its routes only', async () => {
  const commands = told();
  const firewall = createEndpointFirewall(commands);
  const link = hostInterface('link', TARGET.endpoint.id);
  await firewall.guard(targetOf('restricted'), link, signal);
  await firewall.release(TARGET, link, signal);
  assert.deepEqual(await firewall.problems(TARGET, link), []);
  assert.deepEqual(commands.lines, []);
});

test('an interface of another name, or a port without a MAC address, is a mistake of the driver', async () => {
  const firewall = createEndpointFirewall(told());
  const mistaken = (name: string, target = TARGET): Promise<void> =>
    assert.rejects(firewall.guard(target, name, signal), TypeError);
  await mistaken('veth0');
  await mistaken('kle');
  await mistaken(PORT, targetOf('restricted'));
});

test('what the firewall lets pass is told', () => {
  const { name } = TARGET.container;
  const state = { interface: PORT, guarded: true, foreign: [] };
  assert.deepEqual(portProblems(TARGET, state), []);
  assert.deepEqual(portProblems(TARGET, undefined), []);
  assert.deepEqual(portProblems(TARGET, { ...state, guarded: false, foreign: ['macs x'] }), [
    `the firewall does not let container '${name}' send by ${PORT}`,
    `the firewall lets container '${name}' send from an address that is not its own: macs x`,
  ]);
});

test.run();
