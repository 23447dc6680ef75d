/** What a vnet container on Linux must not be to its host, and what its neighbours must be told. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { rankOf } from '@kleenet/core/driver';
import type { CommandRunner } from '@kleenet/core/driver';
import { KleenetError, hasCode } from '@kleenet/core/errors';
import { SILENT_LOGGER, createFakeClock } from '@kleenet/core/testing';
import { LINK_GROUP } from '@kleenet/core/linux';
import { macFor } from '@kleenet/platform/linux';
import { LinuxVnet } from '../src/linux.ts';
import {
  announceLines,
  createLines,
  hostEnd,
  joinLines,
  portOf,
  portSysctls,
  sandboxLines,
  sandboxSysctls,
} from '../src/linux-plan.ts';
import { target } from './support/target.ts';

const TARGET = target();
const { mac = '', addresses, interface: device } = TARGET.endpoint;
const bridge = TARGET.network.interface;
const gatewayMac = macFor('network', TARGET.network.id);

test("the host's end is nobody's interface: no IPv6, no ARP, no way on, no sender believed", () => {
  const name = hostEnd(TARGET);
  assert.deepEqual(portSysctls(TARGET), [
    { name: `net/ipv6/conf/${name}/disable_ipv6`, value: '1' },
    { name: `net/ipv6/conf/${name}/accept_ra`, value: '0' },
    { name: `net/ipv4/conf/${name}/forwarding`, value: '0' },
    { name: `net/ipv4/conf/${name}/rp_filter`, value: '1' },
  ]);
  const [pair = '', end = ''] = createLines(TARGET);
  assert.match(pair, new RegExp(`peer name ${device} address ${mac} .*netns klee-`));
  assert.match(end, / addrgenmode none arp off$/);
});

test('the firewall knows each port by the pattern of its name', () => {
  assert.match(hostEnd(TARGET), /^kle[0-9a-f]{12}$/);
  assert.deepEqual(portOf(TARGET), {
    interface: hostEnd(TARGET),
    mac,
    addresses: [addresses.ipv4, addresses.ipv6],
  });
});

test('a container believes no router, and tells neighbours whose an address is now', () => {
  assert.deepEqual(sandboxSysctls(TARGET), [
    { name: `net/ipv6/conf/${device}/accept_ra`, value: '0' },
    { name: `net/ipv6/conf/${device}/accept_redirects`, value: '0' },
    { name: `net/ipv6/conf/${device}/ndisc_notify`, value: '1' },
    { name: `net/ipv4/conf/${device}/arp_notify`, value: '1' },
  ]);
  assert.deepEqual(announceLines(TARGET), [
    `link set dev ${device} address ${mac}`,
    `neighbour replace 10.1.0.1 lladdr ${gatewayMac} dev ${device} nud permanent`,
    `neighbour replace fd01::1 lladdr ${gatewayMac} dev ${device} nud permanent`,
  ]);
});

test('addresses, then neighbours, then the ways out with the metric of the endpoint', () => {
  const metric = rankOf(TARGET.endpoint);
  assert.deepEqual(sandboxLines(TARGET), [
    `link set dev ${device} mtu 1500 addrgenmode none up`,
    `address replace ${addresses.ipv4}/24 dev ${device}`,
    `address replace ${addresses.ipv6}/64 dev ${device} nodad`,
    ...announceLines(TARGET),
    `route replace default via 10.1.0.1 dev ${device} metric ${metric}`,
    `route replace default via fd01::1 dev ${device} metric ${metric}`,
  ]);
});

test('an internal network leads nowhere', () => {
  assert.doesNotMatch(sandboxLines(target({ internal: true })).join('\n'), /default/);
});

test('ports of a network without icc are apart, and the host answers for them', () => {
  const neighbours = [
    `neighbour replace ${addresses.ipv4} lladdr ${mac} dev ${bridge} nud permanent`,
    `neighbour replace ${addresses.ipv6} lladdr ${mac} dev ${bridge} nud permanent`,
  ];
  const port = (isolated: string): readonly string[] => [
    `link set dev ${hostEnd(TARGET)} mtu 1500 group ${LINK_GROUP} arp off master ${bridge} up`,
    `link set dev ${hostEnd(TARGET)} type bridge_slave isolated ${isolated}`,
  ];
  assert.deepEqual(joinLines(TARGET), [...port('off'), ...neighbours]);
  assert.deepEqual(joinLines(target({ icc: false })), [
    ...port('on'),
    ...neighbours,
    `neighbour replace proxy ${addresses.ipv6} dev ${bridge}`,
  ]);
});

/** What attaching asks of a host where the pair cannot be made, because the host has an interface of this name. */
async function attachedTo(group: string): Promise<readonly [unknown, readonly string[]]> {
  const changes: string[] = [];
  const link = { ifname: hostEnd(TARGET), flags: [], mtu: 1500, group };
  const answer = { status: 0, stdout: `${JSON.stringify([link])}\n`, stderr: '' };
  const commands: CommandRunner = {
    read: ([program]) =>
      Promise.resolve(program === 'nft' ? { ...answer, stdout: '{"nftables":[]}' } : answer),
    change: (_, { input = '' } = {}) => {
      changes.push(input);
      if (!input.startsWith('link add ')) return Promise.resolve(answer);
      return Promise.reject(new KleenetError('PLATFORM_COMMAND_FAILED', 'File exists'));
    },
    foreground: () => assert.fail('nothing is run in the foreground'),
  };
  const plane = new LinuxVnet({ commands, clock: createFakeClock(), logger: SILENT_LOGGER });
  const operation = { signal: new AbortController().signal, claim: () => Promise.resolve() };
  const error = await plane.attach(TARGET, operation).catch((reason: unknown) => reason);
  return [error, changes];
}

test("another's interface of the same name is refused by what it is, and left as it is", async () => {
  const [error, changes] = await attachedTo('default');
  assert.ok(hasCode(error, 'INTERFACE_IN_USE'), String(error));
  assert.equal(changes.length, 1);
});

test('a pair that is there is plugged in again, and then restricted to its own senders', async () => {
  const [error, changes] = await attachedTo(LINK_GROUP);
  assert.equal(error, undefined);
  const [, again = ''] = changes;
  assert.equal(again, `${joinLines(TARGET).join('\n')}\n`);
  const senders = changes.findIndex((change) => change.includes('add element bridge klee'));
  const inside = changes.findIndex((change) => change.includes('addrgenmode none up'));
  assert.ok(senders !== -1 && senders < inside, changes.join('\n\n'));
});

test('detaching tells of the interface as well as of the firewall when both refuse to go', async () => {
  const commands: CommandRunner = {
    read: () => Promise.resolve({ status: 0, stdout: '', stderr: '' }),
    change: (argv) =>
      argv[0] === 'ip'
        ? Promise.resolve({ status: 1, stdout: '', stderr: 'ip says no\nCommand failed -:1\n' })
        : Promise.reject(new KleenetError('PLATFORM_COMMAND_TIMEOUT', 'nft is stuck')),
    foreground: () => assert.fail('nothing is run in the foreground'),
  };
  const plane = new LinuxVnet({ commands, clock: createFakeClock(), logger: SILENT_LOGGER });
  const call = { signal: new AbortController().signal, claim: () => Promise.resolve() };
  await assert.rejects(plane.detach(TARGET, call), /ip says no; also failed: nft is stuck/);
});

test.run();
