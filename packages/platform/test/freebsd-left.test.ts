/** Addresses that a running jail has lost, on the modelled hosts: nothing is sent from them until they have a holder. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { Cidr, CommandRunner, Endpoint, IpAddress, Network } from '@kleenet/core';
import { hasCode } from '@kleenet/core/errors';
import { createFreebsdHost } from '@kleenet/freebsd-model';
import type { FreebsdHost } from '@kleenet/freebsd-model';
import { createFirewall } from '../src/freebsd/firewall.ts';
import { guardEndpoint, unguardedEndpoints } from '../src/freebsd/firewall/guard.ts';
import type { GuardTarget } from '../src/freebsd/firewall/guard.ts';
import { silenceAddresses } from '../src/freebsd/firewall/left.ts';
import { renderFirewall } from '../src/freebsd/firewall/render.ts';
import {
  OUTSIDE,
  PARTIES,
  gatewayOf,
  inFamily,
  intentOf,
  networkOf,
  opening,
  party,
  world,
} from './support/pf-world.ts';
import { CLAIMING } from '../../core/test/support/operations.ts';
import { SILENT_LOGGER } from '@kleenet/core/testing';
import { told } from './support/told.ts';

const { signal } = new AbortController();
const RULES = renderFirewall({ networks: [intentOf('web'), intentOf('quiet')], published: [] });
const ADDRESSES = { ipv4: '10.11.0.11' as IpAddress, ipv6: 'fd11::b' as IpAddress };

interface World {
  readonly host: FreebsdHost;
  readonly commands: CommandRunner;
  /** The address as the endpoint of one jail, and of another. */
  readonly first: GuardTarget;
  readonly second: GuardTarget;
  readonly left: () => readonly string[];
}

async function withJails(release: string): Promise<World> {
  const host = createFreebsdHost({ release });
  const { commands } = host.process();
  await createFirewall(commands, SILENT_LOGGER).apply(RULES, CLAIMING);
  for (const name of ['klee-a', 'klee-b'])
    host.run(['jail', '-c', `name=${name}`, 'path=/', 'persist']);
  const { id, type, icc, interface: device } = intentOf('web');
  const of = (endpoint: string, name: string): GuardTarget => ({
    network: { id, name: 'web', type, icc, interface: device } as Network,
    endpoint: { id: endpoint, addresses: ADDRESSES } as Endpoint,
    sandbox: { name, stack: 'restricted' },
  });
  return {
    host,
    commands,
    first: of('00000000000a', 'klee-a'),
    second: of('00000000000b', 'klee-b'),
    left: () => host.state.pf.anchors['klee/networks']?.tables[`klee_left_${id}`]?.addresses ?? [],
  };
}

/** Has a program of a jail wait at addresses, by sockets that it opened while they were the jail's. */
function keepSockets({ state }: FreebsdHost, jail: string, ...locals: readonly string[]): void {
  const { jid } = state.jails.find(({ name }) => name === jail) ?? { jid: 0 };
  const pid = 4000 + jid;
  state.processes.push({ pid, jid, command: 'nc', ignores: [] });
  for (const local of locals)
    state.listeners.push({
      jid,
      command: 'nc',
      pid,
      protocol: local.startsWith('f') ? 'udp6' : 'udp4',
      local,
    });
}

for (const release of ['13.2-RELEASE', '15.1-RELEASE']) {
  test(`addresses that were lost are let go again with their next holder: ${release}`, async () => {
    const { host, commands, first, second, left } = await withJails(release);
    await guardEndpoint(commands, first, signal);
    assert.deepEqual(await unguardedEndpoints(commands, [first]), []);
    await silenceAddresses(commands, first, signal);
    assert.deepEqual(left(), [], 'there is nothing to silence');
    keepSockets(host, 'klee-a', '10.11.0.11:5001', 'fd11::b:5001');
    await silenceAddresses(commands, first, signal);
    await silenceAddresses(commands, first, signal);
    assert.deepEqual(left(), ['10.11.0.11', 'fd11::b']);
    assert.deepEqual(await unguardedEndpoints(commands, [second]), ['00000000000b']);
    host.state.listeners.length = 0;
    await guardEndpoint(commands, second, signal);
    assert.deepEqual(left(), []);
    assert.deepEqual(await unguardedEndpoints(commands, [second]), []);
  });

  test(`an address is not another's while a program has a socket there: ${release}`, async () => {
    const { host, commands, first, second, left } = await withJails(release);
    keepSockets(host, 'klee-a', '10.11.0.11:5001');
    keepSockets(host, 'klee-b', '10.11.0.12:5001');
    await silenceAddresses(commands, first, signal);
    await assert.rejects(
      guardEndpoint(commands, second, signal),
      (error) =>
        hasCode(error, 'ADDRESS_IN_USE') &&
        /10\.11\.0\.11 still uses it: nc \(pid \d+\)$/.test(error.message) &&
        error.details['address'] === '10.11.0.11' &&
        error.hint !== undefined,
    );
    assert.deepEqual(left(), ['10.11.0.11'], 'it stays silent');
    // Its own programs may go on.
    await guardEndpoint(commands, first, signal);
    assert.deepEqual(left(), []);
    await silenceAddresses(commands, first, signal);
    host.state.listeners.length = 0;
    host.state.listeners.push({ command: '?', pid: '?', protocol: 'udp4', local: '10.11.0.11:9' });
    await assert.rejects(guardEndpoint(commands, second, signal), /a socket without a process$/);
    host.state.listeners.length = 0;
    host.state.listeners.push({ command: '?', pid: '?', protocol: 'tcp4', local: '10.11.0.11:9' });
    await guardEndpoint(commands, second, signal);
    assert.deepEqual(left(), []);
  });

  test(`other rules keep what was lost, and a network that goes takes it along: ${release}`, async () => {
    const { host, commands, first, left } = await withJails(release);
    const firewall = createFirewall(commands, SILENT_LOGGER);
    keepSockets(host, 'klee-a', '10.11.0.11:5001');
    await silenceAddresses(commands, first, signal);
    const lone = { ...intentOf('web'), subnets: { ipv4: '10.11.0.0/24' as Cidr } };
    await firewall.apply(renderFirewall({ networks: [lone], published: [] }), CLAIMING);
    assert.deepEqual(left(), ['10.11.0.11']);
    const other = renderFirewall({ networks: [intentOf('quiet')], published: [] });
    await firewall.apply(other, CLAIMING);
    assert.deepEqual(await firewall.observe(other), []);
    const tables = Object.keys(host.state.pf.anchors['klee/networks']?.tables ?? {});
    assert.deepEqual(
      tables.filter((name) => name.startsWith('klee_left_')),
      [`klee_left_${intentOf('quiet').id}`],
    );
  });
}

test('where a jail has no sockets, or pf is not there, nothing is silenced', async () => {
  const { first } = await withJails('13.2-RELEASE');
  const enabled = told([['pfctl -s info', { stdout: 'Status: Enabled\n' }]]);
  await silenceAddresses(enabled, first, signal);
  assert.deepEqual(enabled.lines, ['read pfctl -s info', 'read sockstat -46w']);
  const missing = { status: 1, stderr: 'pfctl: /dev/pf: No such file or directory\n' };
  const without = told([['pfctl', missing]]);
  await silenceAddresses(without, first, signal);
  assert.deepEqual(without.lines, ['read pfctl -s info', 'read sockstat -46w']);
});

test('what is sent from a lost address passes nowhere, and is not translated', () => {
  const senders = [...PARTIES.values()].filter(({ kind }) => kind === 'ipnet');
  assert.ok(senders.length > 3);
  for (const from of senders) {
    const { id } = intentOf(networkOf(from.name));
    const host = world({ tables: { [`klee_left_${id}`]: from.addresses } });
    for (const family of ['ipv4', 'ipv6'] as const) {
      const source = inFamily(from, family);
      const places = [
        OUTSIDE[family],
        gatewayOf('web', family),
        inFamily(party('web.ip2'), family),
      ];
      for (const destination of places) {
        const result = host.send(from, opening({ protocol: 'udp', source, destination }));
        assert.match(
          'lost' in result ? result.lost : 'passed',
          /^out on \S+: block drop out quick from <klee_left_/,
          `${from.name} to ${destination}`,
        );
      }
    }
  }
});

test.run();
