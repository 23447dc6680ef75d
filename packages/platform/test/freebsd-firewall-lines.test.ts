/** Lines of the rules for pf that depend on how networks differ from each other. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { Cidr, FirewallIntents } from '@kleenet/core';
import { renderFirewall } from '../src/freebsd/firewall/render.ts';
import { idOf, intentOf, publish } from './support/pf-world.ts';

function linesOf(intents: FirewallIntents, kind: RegExp): readonly string[] {
  return renderFirewall(intents)
    .split('\n')
    .filter((line) => kind.test(line));
}

const WEB = intentOf('web');
const V4_ONLY = { subnets: { ipv4: '10.23.0.0/24' as Cidr } };

test('a port of one interface leads on from there alone, and replies need no detour by the host', () => {
  const published = [
    ...publish('web.vnet1', { interface: 'em0' }, ['ipv4']),
    ...publish('web.ip1', {}, ['ipv4']),
  ];
  assert.deepEqual(linesOf({ networks: [WEB], published }, /^(?:rdr|nat on kln)/), [
    'rdr on em0 inet proto tcp from any to (em0) port 8080 -> 10.11.0.21 port 80',
    'rdr inet proto tcp from any to (self) port 8080 -> 10.11.0.11 port 80',
  ]);
});

test('where no port is published, packets are not kept from the translation of others', () => {
  assert.deepEqual(linesOf({ networks: [WEB, intentOf('lan')], published: [] }, /rdr/), []);
});

test('the other networks of a container reach its port by the host, whatever interface it is at', () => {
  const [port] = publish('web.vnet1', { interface: 'em0' }, ['ipv4']);
  assert.ok(port !== undefined);
  const published = [{ ...port, beside: [idOf('shop'), idOf('lan')] }];
  const networks = [WEB, intentOf('shop'), intentOf('lan')];
  assert.deepEqual(
    linesOf({ networks, published }, /^nat on kln/),
    ['klee_12aaaaaaaaaa', 'klee_31aaaaaaaaaa'].map(
      (from) =>
        `nat on kln11aaaaaaaaaa inet proto tcp from <${from}> to 10.11.0.21 port 80 -> 10.11.0.1`,
    ),
  );
});

test('where the host has no address, it is no detour', () => {
  const [port] = publish('web.vnet1', {}, ['ipv4']);
  assert.ok(port !== undefined);
  const published = [{ ...port, networkId: idOf('lan'), beside: [idOf('web')] }];
  assert.deepEqual(linesOf({ networks: [WEB, intentOf('lan')], published }, /^nat on em1/), []);
});

test('networks on links of others are apart, and an internal one stays inside', () => {
  const networks = [intentOf('lan'), intentOf('still'), intentOf('cell')];
  const [lan, still, cell] = ['<klee_31aaaaaaaaaa>', '<klee_32aaaaaaaaaa>', '<klee_33aaaaaaaaaa>'];
  const between = linesOf({ networks, published: [] }, /^block drop (?:in|out) quick .*klee_3\d/);
  assert.deepEqual(between, [
    `block drop in quick on ! lo from any to ${lan}`,
    `block drop out quick from <klee_containers> to ${lan}`,
    `block drop out quick from ${still} to ${lan}`,
    `block drop out quick from ${lan} to <klee_containers>`,
    `block drop out quick from ${lan} to <klee_gateways>`,
    `block drop in quick on ! lo from any to ${still}`,
    `block drop out quick from <klee_containers> to ${still}`,
    `block drop out quick from ${lan} to ${still}`,
    `block drop out quick from ${still} to ${still}`,
    `block drop out quick from ${still} to <klee_containers>`,
    `block drop out quick from ${still} to <klee_gateways>`,
    `block drop in quick on ! lo from any to ${cell}`,
    `block drop out quick from <klee_containers> to ${cell}`,
    `block drop out quick from ${lan} to ${cell}`,
    `block drop out quick from ${still} to ${cell}`,
  ]);
});

test('nobody outside takes the addresses of a family that any network has', () => {
  const networks = [WEB, intentOf('quiet', V4_ONLY)];
  const forged = /^block drop in quick on \$foreign/;
  assert.deepEqual(linesOf({ networks, published: [] }, forged), [
    'block drop in quick on $foreign4 from <klee_containers> to any',
    'block drop in quick on $foreign6 from <klee_containers> to any',
  ]);
  assert.equal(linesOf({ networks: networks.slice(1), published: [] }, forged).length, 1);
  // Neither by the way out of a network, nor by that of the host.
  const apart = { networks: [intentOf('web', { natInterface: 'em5' })], published: [] };
  assert.deepEqual(linesOf(apart, forged), [
    'block drop in quick on $foreign4 from <klee_containers> to any',
    'block drop in quick on $foreign(em5) from <klee_containers> to any',
    'block drop in quick on $foreign6 from <klee_containers> to any',
  ]);
  assert.equal(linesOf({ networks: [intentOf('lan')], published: [] }, forged).length, 0);
});

test('neighbours are discovered on links, and a loopback interface is none', () => {
  const networks = [intentOf('loop')];
  const discovery = /icmp6-type/;
  assert.deepEqual(linesOf({ networks, published: [] }, discovery), [
    'pass quick on klee inet6 proto 58 from any to { fe80::/10, ff02::/16 } icmp6-type { 135, 136 } no state',
  ]);
});

test.run();
