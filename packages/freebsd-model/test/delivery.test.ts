/** Where packets of a modelled host go: by its addresses, routes, bridges and jails, and by pf. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { createFreebsdHost } from '../src/index.ts';
import type { FreebsdHost } from '../src/index.ts';
import { Delivery } from '../src/packets/index.ts';

const CARD = {
  name: 'ext0',
  ether: '02:00:5e:00:53:01',
  addresses: ['192.0.2.1/24', '2001:db8::1/64'],
};
const NEIGHBOUR = { card: 'ext0', addresses: ['192.0.2.2', '2001:db8::2'] };

/** Two jails on the host's stack (`a`, `b`), and two with their own (`c`, `d`), on one bridge. */
function makeHost(): FreebsdHost {
  const host = createFreebsdHost({ interfaces: [CARD] });
  for (const line of [
    'ifconfig bridge create name net',
    'ifconfig net inet 10.1.0.1/24 up',
    'ifconfig net inet6 fd01::1/64',
    'ifconfig net inet 10.1.0.2/32 alias',
    'ifconfig net inet 10.1.0.3/32 alias',
    'jail -c name=a path=/a persist ip4.addr=10.1.0.2',
    'jail -c name=b path=/b persist ip4.addr=10.1.0.3',
    'route -n add default 192.0.2.2',
    'sysctl net.inet.ip.forwarding=1',
  ])
    ok(host, line);
  for (const [name, number, unit] of [
    ['c', 4, 1000],
    ['d', 5, 1001],
  ] as const) {
    for (const line of [
      `jail -c name=${name} path=/${name} persist vnet`,
      `ifconfig epair${unit} create`,
      `ifconfig epair${unit}b vnet ${name}`,
      `jexec ${name} ifconfig epair${unit}b inet 10.1.0.${number}/24 up`,
      `jexec ${name} ifconfig epair${unit}b inet6 fd01::${number}/64`,
      `jexec ${name} route -n add default 10.1.0.1`,
      `ifconfig net addm epair${unit}a`,
      `ifconfig epair${unit}a up`,
    ])
      ok(host, line);
  }
  return host;
}

function ok(host: FreebsdHost, line: string, input = ''): void {
  const { status, stderr } = host.run(line.split(' '), input);
  assert.equal(`${status}${stderr}`, '0', line);
}

function ask(host: FreebsdHost, from: string, address: string): string {
  const question = { from, address, port: 5000, protocol: 'tcp' } as const;
  const outcome = new Delivery(host.state, NEIGHBOUR).ask(question);
  return 'lost' in outcome ? outcome.lost : `${outcome.place} ${outcome.port} ${outcome.sender}`;
}

test('everybody is found at its address, and has the address that leads there', () => {
  const host = makeHost();
  assert.equal(ask(host, 'a', '10.1.0.3'), 'b 5000 10.1.0.2');
  assert.equal(ask(host, 'a', '10.1.0.4'), 'c 5000 10.1.0.2');
  assert.equal(ask(host, 'c', '10.1.0.2'), 'a 5000 10.1.0.4');
  assert.equal(ask(host, 'c', 'fd01::5'), 'd 5000 fd01::4');
  assert.equal(ask(host, 'c', '10.1.0.1'), 'host 5000 10.1.0.4');
  assert.equal(ask(host, 'host', '10.1.0.4'), 'c 5000 10.1.0.1');
  assert.equal(ask(host, 'c', '192.0.2.2'), 'outside 5000 10.1.0.4');
  assert.equal(ask(host, 'outside', '10.1.0.4'), 'c 5000 192.0.2.2');
  assert.equal(ask(host, 'outside', '10.1.0.2'), 'a 5000 192.0.2.2');
  assert.equal(ask(host, 'c', '10.1.0.9'), 'no host on net has 10.1.0.9');
});

test('nothing arrives where a part of the way is missing', () => {
  for (const [line, from, address, why] of [
    ['ifconfig net deletem epair1000a', 'c', '10.1.0.5', 'c: its link is down'],
    ['ifconfig epair1000a down', 'c', '10.1.0.5', 'c: its link is down'],
    ['ifconfig epair1001a down', 'c', '10.1.0.5', 'no host on net has 10.1.0.5'],
    ['jexec c route -n delete default', 'c', '192.0.2.2', 'c has no way to 192.0.2.2'],
    ['sysctl -q net.inet.ip.forwarding=0', 'c', '192.0.2.2', 'the host does not forward'],
    ['ifconfig net inet 10.1.0.1 -alias', 'c', '192.0.2.2', 'no host on net has 10.1.0.1'],
    ['route -n delete default', 'c', '203.0.113.1', 'the host has no route to 203.0.113.1'],
    ['ifconfig net inet 10.1.0.2 -alias', 'c', '10.1.0.2', 'no host on net has 10.1.0.2'],
    ['jail -m name=a ip4.addr=10.1.0.9', 'c', '10.1.0.2', 'host 5000 10.1.0.4'],
  ] as const) {
    const host = makeHost();
    host.run(line.split(' '));
    assert.equal(ask(host, from, address), why, line);
  }
});

test('private members exchange nothing, and reach the host', () => {
  const host = makeHost();
  for (const unit of [1000, 1001]) ok(host, `ifconfig net private epair${unit}a`);
  assert.equal(ask(host, 'c', '10.1.0.5'), 'net passes nothing on');
  assert.equal(ask(host, 'c', '10.1.0.2'), 'a 5000 10.1.0.4');
});

test('the member that receives a packet decides by which table it leaves, not its bridge', () => {
  const host = makeHost();
  ok(host, 'sysctl net.fibs=2');
  host.run(['ifconfig', 'net', 'fib', '1']);
  assert.equal(ask(host, 'c', '192.0.2.2'), 'outside 5000 10.1.0.4');
  ok(host, 'ifconfig epair1000a fib 1');
  assert.equal(ask(host, 'c', '192.0.2.2'), 'the host has no route to 192.0.2.2');
  assert.equal(ask(host, 'd', '192.0.2.2'), 'outside 5000 10.1.0.5');
  ok(host, 'route -n add -inet 192.0.2.0/24 -iface ext0 -fib 1');
  assert.equal(ask(host, 'c', '192.0.2.2'), 'outside 5000 10.1.0.4');
});

test('anchors decide, as pfctl shows their rules', () => {
  const host = makeHost();
  const rules = [
    'table <inside> { 10.1.0.0/24 }',
    'nat on ext0 inet from <inside> to any -> (ext0:0)',
    'rdr inet proto tcp from any to (self) port 5000 -> 10.1.0.5 port 5001',
    'block drop in quick on epair1000a inet from ! 10.1.0.4 to any',
    'pass quick inet proto tcp from any to 10.1.0.5 port 5001',
    'block drop in quick on ! lo inet from any to 10.1.0.5',
    'pass quick on net inet6 proto ipv6-icmp all icmp6-type { neighbrsol, neighbradv } no state',
  ];
  ok(host, 'pfctl -q -a klee/networks -f -', `${rules.join('\n')}\n`);
  assert.equal(ask(host, 'c', '192.0.2.2'), 'outside 5000 192.0.2.1');
  assert.equal(ask(host, 'outside', '192.0.2.1'), 'd 5001 192.0.2.2');
  assert.match(ask(host, 'c', '10.1.0.5'), /^in on epair1000a: block|^in on net: block drop/);
  host.run(['pfctl', '-d']);
  assert.equal(ask(host, 'outside', '192.0.2.1'), 'host 5000 192.0.2.2');
  assert.equal(ask(host, 'c', '10.1.0.5'), 'd 5000 10.1.0.4');
});

test.run();
