/** Containers that claim to be somebody else, with real packets; and what is left when others touch the rules. */
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'uvu';
import { OUTSIDE_ADDRESS, PacketHost, ip, run, setBridgeFilter } from '../support/packets.ts';
import { FAMILIES } from '@kleenet/core';

const host = new PacketHost();
const FREE = { ipv4: '10.79.1.99', ipv6: 'fd79:1::99' } as const;

test.before(async () => {
  await host.klee('network create -t bridge --subnet 10.79.1.0/24 --subnet6 fd79:1::/64 lan');
  await host.container('vnet1', '-l vnet -n lan', 4000);
  await host.container('vnet2', '-l vnet -n lan', 4000);
  await host.container('vnet3', '-l vnet -n lan', 4000);
  await host.container('ipnet1', '-l ipnet -n lan', 4000);
  await new Promise((resolve) => setTimeout(resolve, 300));
});

for (const filter of [false, true]) {
  const suffix = filter ? 'with br_netfilter' : 'without br_netfilter';

  test(`an address that is not its own is of no use to a container, ${suffix}`, async () => {
    setBridgeFilter(filter);
    for (const family of FAMILIES) {
      const [to, outside] = [await host.address('lan', 'vnet2', family), OUTSIDE_ADDRESS[family]];
      for (const from of ['vnet1', 'ipnet1']) {
        host.inside(from, `address add ${FREE[family]}/${family === 'ipv4' ? 32 : 128} dev eth0`);
        assert.notEqual(await host.ask(from, to, 4000), '', `${from} with its own`);
        assert.equal(
          await host.ask(from, to, 4000, { source: FREE[family] }),
          '',
          `${from} to its neighbour`,
        );
        assert.equal(await host.ask(from, to, 4000, { source: FREE[family], protocol: 'udp' }), '');
        assert.equal(
          await host.ask(from, outside, 7, { source: FREE[family] }),
          '',
          `${from} to the world`,
        );
        host.inside(
          from,
          `address delete ${FREE[family]}/${family === 'ipv4' ? 32 : 128} dev eth0`,
        );
      }
    }
  });

  test(`an address of a neighbour does not come to the one who takes it, ${suffix}`, async () => {
    setBridgeFilter(filter);
    for (const family of FAMILIES) {
      const address = await host.address('lan', 'vnet2', family);
      const prefix = family === 'ipv4' ? 24 : 64;
      // While its owner is silent, only the thief could answer.
      host.inside('vnet2', 'link set dev eth0 down');
      host.inside(
        'vnet1',
        `address add ${address}/${prefix} dev eth0${family === 'ipv6' ? ' nodad' : ''}`,
      );
      host.inside(
        'vnet3',
        'neighbour flush dev eth0 nud reachable nud stale nud failed nud delay nud probe',
      );
      assert.equal(await host.ask('vnet3', address, 4000), '', family);
      assert.equal(await host.ask('host', address, 4000), '', `${family} from the host`);
      host.inside('vnet1', `address delete ${address}/${prefix} dev eth0`);
      host.inside('vnet2', 'link set dev eth0 up');
      if (family === 'ipv6')
        host.inside('vnet2', `address replace ${address}/${prefix} dev eth0 nodad`);
      else
        host.inside(
          'vnet2',
          `address replace ${await host.address('lan', 'vnet2', 'ipv6')}/64 dev eth0 nodad`,
        );
      // The kernel takes up to a second to notice that the link is back (linkwatch).
      assert.match(await askRepeatedly('vnet3', address, 4000), /^vnet2 /, `${family} again`);
    }
  });

  test(`another MAC address is of no use, ${suffix}`, async () => {
    setBridgeFilter(filter);
    const [to, own] = [await host.address('lan', 'vnet2', 'ipv4'), macInside('vnet1')];
    host.inside('vnet1', 'link set dev eth0 address 02:de:ad:be:ef:01');
    assert.equal(await host.ask('vnet1', to, 4000), '');
    assert.equal(await host.ask('vnet1', OUTSIDE_ADDRESS.ipv4, 7), '');
    host.inside('vnet1', `link set dev eth0 address ${own}`);
    assert.match(await host.ask('vnet1', to, 4000), /^vnet2 /);
  });
}

test('a packet from outside with an address of a network is dropped', async () => {
  run('sysctl', '-q', '-w', 'net.ipv4.conf.all.rp_filter=0', 'net.ipv4.conf.uplink.rp_filter=0');
  ip('-netns outside address add 10.79.1.77/32 dev eth0');
  ip('-netns outside route add 10.79.1.0/24 via 192.0.2.1');
  const before = dropped();
  await host.ask('outside', '192.0.2.1', 9, { source: '10.79.1.77', protocol: 'udp' });
  assert.equal(dropped() - before, 1);
});

test('other tables stay as they are, and a flush is noticed and mended', async () => {
  run('nft', 'add table inet other; add chain inet other mine; add rule inet other mine counter');
  const other = run('nft', 'list table inet other');
  await host.klee('network create --subnet 10.79.2.0/24 second');
  await host.klee('network rm second');
  assert.equal(run('nft', 'list table inet other'), other);
  // The attackers above have changed what is theirs: the way out of their own stacks.
  await host.klee('system repair');
  assert.equal(await host.klee('system check'), '');
  run('nft', 'flush ruleset');
  await host.klee('system repair');
  assert.equal(await host.klee('system check'), '');
  for (const from of ['vnet1', 'ipnet1']) {
    assert.match(
      await host.ask(from, await host.address('lan', 'vnet2', 'ipv4'), 4000),
      /^vnet2 /,
      from,
    );
  }
});

test('rules that others have flushed are there before anything is attached', async () => {
  const rules = run('nft', 'list table inet klee');
  await host.klee('network disconnect lan ipnet1');
  run('nft', 'flush ruleset');
  await host.klee('network connect lan ipnet1');
  assert.equal(run('nft', 'list table inet klee'), rules);
  assert.match(run('nft', 'list table bridge klee'), /ether type arp goto resolution/);
});

test("the host's end of a container has no IPv6, and nothing that arrives there goes on", () => {
  const ends = readdirSync('/proc/sys/net/ipv4/conf').filter((name) => name.startsWith('kle'));
  assert.equal(ends.length, 3);
  for (const end of ends) {
    const setting = (path: string): string =>
      readFileSync(`/proc/sys/net/${path.replace('*', end)}`, 'utf8').trim();
    assert.equal(setting('ipv6/conf/*/disable_ipv6'), '1');
    assert.equal(setting('ipv6/conf/*/accept_ra'), '0');
    assert.equal(setting('ipv4/conf/*/forwarding'), '0');
    assert.equal(setting('ipv4/conf/*/rp_filter'), '1');
  }
});

test('connecting and disconnecting change no rule', async () => {
  const rules = run('nft', 'list table inet klee');
  await host.klee('network disconnect lan ipnet1');
  await host.klee('network connect lan ipnet1');
  assert.equal(run('nft', 'list table inet klee'), rules);
});

test('nothing is left with the last network', async () => {
  for (const name of ['vnet1', 'vnet2', 'vnet3', 'ipnet1'])
    await host.klee(`container rm -f ${name}`);
  assert.doesNotMatch(run('nft', 'list table bridge klee'), /elements/);
  await host.klee('network rm lan');
  assert.equal(run('nft', 'list tables'), '');
});

/** What a rule of our own counts in front of klee's, which have no counters. */
function dropped(): number {
  run(
    'nft',
    'add table ip seen; add chain ip seen before { type filter hook prerouting priority -400; }; add chain ip seen after { type filter hook prerouting priority -200; }',
  );
  const rule = 'ip saddr 10.79.1.77 udp dport 9 counter';
  if (!run('nft', 'list chain ip seen before').includes('counter'))
    run('nft', `add rule ip seen before ${rule}; add rule ip seen after ${rule}`);
  const count = (chain: string): number =>
    Number(/packets (\d+)/.exec(run('nft', `list chain ip seen ${chain}`))?.[1] ?? 0);
  return count('before') - count('after');
}

async function askRepeatedly(from: string, address: string, port: number): Promise<string> {
  for (let attempt = 0; attempt < 5; attempt++) {
    const said = await host.ask(from, address, port);
    if (said !== '') return said;
  }
  return '';
}

function macInside(container: string): string {
  return (
    /link\/ether (\S+)/.exec(ip('-netns', host.namespace(container), 'link show dev eth0'))?.[1] ??
    ''
  );
}

test.run();
