/** Rules and routes as `ip -j rule show` and `ip -j -d route show table all` of iproute2 6.1 print them. */
import assert from 'node:assert/strict';
import { suite } from 'uvu';
import type { Cidr } from '@kleenet/core';
import type { IpRoute } from '@kleenet/core/linux';
import { asksMainFirst, policyRoute } from '../src/linux/policy-routes.ts';
import type { IpRule } from '../src/linux/policy-routes.ts';

const test = suite('policy routes');

const LOCAL: IpRule = { priority: 0, src: 'all', table: 'local' };
const MAIN: IpRule = { priority: 32_766, src: 'all', table: 'main' };
const DEFAULT: IpRule = { priority: 32_767, src: 'all', table: 'default' };

const VPN_DEFAULT: IpRoute = { type: 'unicast', dst: 'default', dev: 'wg0', table: '51820' };
const VPN_PART: IpRoute = { type: 'unicast', dst: '172.16.0.0/12', dev: 'wg0', table: '51820' };
const AROUND: IpRoute = { type: 'unicast', dst: '10.1.0.0/16', dev: 'eth0', table: 'main' };

function way(subnet: string, rules: readonly object[], ...routes: readonly IpRoute[]): string {
  const all = [LOCAL, MAIN, DEFAULT, ...(rules as readonly IpRule[])];
  const found = policyRoute(subnet as Cidr, { rules: all, routes: [...routes, AROUND] });
  if (asksMainFirst(subnet as Cidr, all)) assert.equal(found, undefined);
  return found === undefined
    ? 'main'
    : `${found.destination} ${found.interface} ${found.table ?? ''}`;
}

test('a host without rules of its own asks the main table', () => {
  assert.equal(way('10.1.0.0/24', [], VPN_DEFAULT, VPN_PART), 'main');
});

test('routes of other tables matter only behind rules that come before the main table', () => {
  const asks = (...rules: readonly IpRule[]): boolean =>
    asksMainFirst('10.1.0.0/24' as Cidr, [DEFAULT, MAIN, LOCAL, ...rules]);
  assert.ok(asks());
  assert.ok(asks({ priority: 32_770, src: 'all', table: '51820' }));
  assert.ok(asks({ priority: 5, src: 'all', dst: '192.0.2.0', dstlen: 24, table: '51820' }));
  assert.ok(!asks({ priority: 5, src: 'all', table: '51820' }));
  assert.ok(!asks({ priority: 5, src: 'all', dst: '10.1.0.0', dstlen: 28, table: '51820' }));
  assert.ok(!asks({ priority: 5, src: 'all', action: 'unreachable' }));
});

test('a rule for where packets go hides what its table has a route for', () => {
  const rule = { priority: 5, src: 'all', dst: '172.16.0.0', dstlen: 12, table: '51820' };
  assert.equal(way('172.20.4.0/24', [rule], VPN_PART), '172.16.0.0/12 wg0 51820');
  assert.equal(way('172.16.0.0/11', [rule], VPN_PART), '172.16.0.0/12 wg0 51820');
  assert.equal(way('10.1.0.0/24', [rule], VPN_PART, VPN_DEFAULT), 'main');
  assert.equal(way('172.20.4.0/24', [rule]), 'main');
  const after = { ...rule, priority: 32_800 };
  assert.equal(way('172.20.4.0/24', [after], VPN_PART), 'main');
});

test('the rules of wg-quick leave the routes of the main table alone, except for default ones', () => {
  const rules = [
    { priority: 32_764, src: 'all', table: 'main', suppress_prefixlen: 0 },
    { priority: 32_765, not: null, src: 'all', fwmark: '0xca6c', table: '51820' },
  ];
  assert.equal(way('10.1.0.0/24', rules, VPN_DEFAULT), 'main');
  assert.equal(way('10.1.0.0/24', rules.slice(1), VPN_DEFAULT), '0.0.0.0/0 wg0 51820');
});

test('the rules of Tailscale: a subnet route hides, and so does an exit node, but not what it throws back', () => {
  const rules = [
    { priority: 5210, src: 'all', fwmark: '0x80000', fwmask: '0xff0000', table: 'main' },
    { priority: 5250, src: 'all', fwmark: '0x80000', fwmask: '0xff0000', action: 'unreachable' },
    { priority: 5270, src: 'all', table: '52' },
  ];
  const peer: IpRoute = { type: 'unicast', dst: '100.64.0.7', dev: 'tailscale0', table: '52' };
  const exit: IpRoute = { type: 'unicast', dst: 'default', dev: 'tailscale0', table: '52' };
  const office: IpRoute = { type: 'unicast', dst: '10.1.0.0/16', dev: 'tailscale0', table: '52' };
  const home: IpRoute = { type: 'throw', dst: '10.1.0.0/20', table: '52' };
  assert.equal(way('10.1.0.0/24', rules, peer), 'main');
  assert.equal(way('100.64.0.0/24', rules, peer), '100.64.0.7/32 tailscale0 52');
  assert.equal(way('10.1.0.0/24', rules, peer, exit), '0.0.0.0/0 tailscale0 52');
  assert.equal(way('10.1.0.0/24', rules, peer, office), '10.1.0.0/16 tailscale0 52');
  assert.equal(way('10.1.0.0/24', rules, exit, office, home), 'main');
  assert.equal(way('10.1.64.0/24', rules, exit, office, home), '10.1.0.0/16 tailscale0 52');
});

test('rules for some packets only are not believed to be for all', () => {
  for (const words of [
    { src: '198.51.100.1' },
    { src: 'all', iif: 'eth1' },
    { src: 'all', oif: 'eth1' },
    { src: 'all', fwmark: '0x1' },
    { src: 'all', uid_start: 1, uid_end: 9 },
    { src: 'all', ipproto: 'tcp', dport: 80 },
  ]) {
    const rule = { priority: 9, table: '51820', ...words };
    assert.equal(way('10.1.0.0/24', [rule], VPN_DEFAULT), 'main', JSON.stringify(words));
    const others = { ...rule, not: null };
    assert.equal(way('10.1.0.0/24', [others], VPN_DEFAULT), '0.0.0.0/0 wg0 51820');
  }
  const elsewhere = {
    priority: 9,
    src: 'all',
    dst: '10.0.0.0',
    dstlen: 8,
    not: null,
    table: '51820',
  };
  assert.equal(way('10.1.0.0/24', [elsewhere], VPN_DEFAULT), 'main');
  assert.equal(way('11.1.0.0/24', [elsewhere], VPN_DEFAULT), '0.0.0.0/0 wg0 51820');
});

test('a rule that sends the subnet to the main table first is the way out', () => {
  const hiding = { priority: 20, src: 'all', table: '51820' };
  const out = { priority: 10, src: 'all', dst: '10.1.0.0', dstlen: 24, table: 'main' };
  assert.equal(way('10.1.0.0/24', [hiding], VPN_DEFAULT), '0.0.0.0/0 wg0 51820');
  assert.equal(way('10.1.0.0/24', [hiding, out], VPN_DEFAULT), 'main');
  assert.equal(way('10.1.0.0/23', [hiding, out], VPN_DEFAULT), '0.0.0.0/0 wg0 51820');
});

test('a rule and a route that lead nowhere hide, too', () => {
  const rule = { priority: 9, src: 'all', dst: '10.0.0.0', dstlen: 8, action: 'blackhole' };
  assert.equal(way('10.1.0.0/24', [rule]), '10.0.0.0/8  ');
  const table = { priority: 9, src: 'all', table: '7' };
  const nowhere: IpRoute = { type: 'unreachable', dst: '10.0.0.0/8', table: '7' };
  assert.equal(way('10.1.0.0/24', [table], nowhere), '10.0.0.0/8  7');
});

test('IPv6', () => {
  const rule = { priority: 5, src: 'all', dst: 'fd00::', dstlen: 8, table: '100' };
  const route: IpRoute = { type: 'unicast', dst: 'default', dev: 'tun0', table: '100' };
  assert.equal(way('fd00:1::/64', [rule], route), '::/0 tun0 100');
  assert.equal(way('2001:db8::/64', [rule], route), 'main');
});

test.run();
