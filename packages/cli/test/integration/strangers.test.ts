/**
 * A driver that klee has never heard of, with an interface on the host for each endpoint: the firewall's rules, publishing and
 * clean-up apply to it as to those of klee itself.
 */
import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { test } from 'uvu';
import { FAMILIES } from '@kleenet/core';
import { HOST_ADDRESS, ip, run } from '../support/packets.ts';
import { FAR, SECOND_ADDRESS, StrangersHost, TABLE } from '../support/stranger.ts';

const host = new StrangersHost();
test.after(() => host.end());

const NETWORKS = ['one', 'two'] as const;

test('containers of one network reach each other, in both families', async () => {
  for (const [index, network] of NETWORKS.entries()) {
    const subnets = `--subnet 10.6${index}.0.0/24 --subnet6 fd6${index}::/64`;
    await host.klee(`network create -t bridge ${subnets} ${network}`);
    await host.container(`${network}1`, `--driver uplink -n ${network}`, 4000);
    await host.container(`${network}2`, '--driver uplink', 4000);
    await host.klee(`network connect ${network} ${network}2`);
  }
  for (const network of NETWORKS)
    for (const family of FAMILIES) {
      const one = await host.address(network, `${network}1`, family);
      const two = await host.address(network, `${network}2`, family);
      await host.answers(`${network}1`, two, 4000, `${network}2`);
      assert.equal(await host.ask(`${network}1`, two, 4000), `${network}2 ${one}`);
      assert.equal(await host.ask(`${network}2`, one, 4000), `${network}1 ${two}`);
      assert.match(await host.ask('host', one, 4000), new RegExp(`^${network}1 `));
    }
  assert.equal(await host.klee('system check'), '');
});

test('networks do not reach each other, and the outside reaches none', async () => {
  for (const family of FAMILIES) {
    const one = await host.address('one', 'one1', family);
    const two = await host.address('two', 'two1', family);
    assert.equal(await host.ask('one1', two, 4000), '');
    assert.equal(await host.ask('two1', one, 4000), '');
    assert.equal(await host.ask('outside', one, 4000), '');
  }
});

test('a container does not send from an address that it has not leased', async () => {
  const forged = { ipv4: '10.60.0.77', ipv6: 'fd60::77' } as const;
  for (const family of FAMILIES) {
    const own = await host.address('one', 'one1', family);
    const two = await host.address('one', 'one2', family);
    const single = `${forged[family]}/${family === 'ipv4' ? 32 : 128}`;
    host.inside('one1', `address add ${single} dev eth0${family === 'ipv6' ? ' nodad' : ''}`);
    // The other end knows a way back, so that only the firewall keeps them apart.
    assert.equal(
      await host.ask('one1', two, 4000, { protocol: 'udp', source: forged[family] }),
      '',
    );
    const honest = { protocol: 'udp', source: own } as const;
    assert.equal(await host.ask('one1', two, 4000, honest), `one2 ${own}`);
    host.inside('one1', `address delete ${single} dev eth0`);
  }
});

test('published ports are reached from outside, in both families', async () => {
  await host.container('open', '--driver uplink -n one -p 8080:4000', 4000);
  for (const family of FAMILIES) await host.answers('outside', HOST_ADDRESS[family], 8080, 'open');
  await host.klee('container rm -f open');
  for (const family of FAMILIES)
    assert.equal(await host.ask('outside', HOST_ADDRESS[family], 8080), '');
});

test('without icc containers reach published ports of each other only', async () => {
  const subnets = '--subnet 10.65.0.0/24 --subnet6 fd65::/64';
  await host.klee(`network create -t bridge --no-icc ${subnets} apart`);
  await host.container('a1', '--driver uplink -n apart', 4000);
  await host.container('a2', '--driver uplink -n apart -p 8081:4000', 4000, 4001);
  for (const family of FAMILIES) {
    const address = await host.address('apart', 'a2', family);
    await host.answers('host', address, 4001, 'a2');
    await host.answers('a1', address, 4000, 'a2');
    assert.equal(await host.ask('a1', address, 4001), '');
  }
  assert.equal(await host.klee('system check'), '');
  await host.klee('container rm -f a1 a2');
  await host.klee('network rm apart');
});

test('an internal network leads nowhere', async () => {
  const subnets = '--subnet 10.66.0.0/24 --subnet6 fd66::/64';
  await host.klee(`network create -t bridge --internal ${subnets} inner`);
  await host.container('i1', '--driver uplink -n inner', 4000);
  assert.doesNotMatch(ip(`-netns ${host.namespace('i1')} route show`), /default/);
  await host.answers('host', await host.address('inner', 'i1', 'ipv4'), 4000, 'i1');
  await host.klee('container rm -f i1');
  await host.klee('network rm inner');
});

test('check tells what is lost, and repair brings it back', async () => {
  const namespace = host.namespace('one1');
  const address = await host.address('one', 'one1', 'ipv6');
  run('nft', 'flush', 'set', 'bridge', 'klee', 'senders4');
  ip(`-netns ${namespace} -6 address delete ${address}/64 dev eth0`);
  ip(`-netns ${namespace} route delete default`);
  const { stdout } = await host.world.klee(['system', 'check']);
  assert.match(stdout, /firewall does not let container 'one1' send by kle/);
  assert.match(stdout, /container 'one1' lacks its address fd60::/);
  assert.match(stdout, /container 'one1' lacks its default route by 10\.60\.0\.1/);
  await host.klee('system repair');
  assert.equal(await host.klee('system check'), '');
  for (const family of FAMILIES)
    assert.match(await host.ask('one1', await host.address('one', 'one2', family), 4000), /^one2 /);
});

test('an endpoint comes and goes, with all its entries', async () => {
  const addresses = await Promise.all(
    FAMILIES.map((family) => host.address('one', 'one2', family)),
  );
  await host.klee('network disconnect one one2');
  const left = `${run('nft', 'list', 'table', 'bridge', 'klee')}${ip('neighbour show nud permanent')}`;
  for (const address of addresses) {
    assert.equal(await host.ask('one1', address, 4000), '');
    assert.ok(!left.split(/[\s,{}]+/).includes(address), address);
  }
  await host.klee(`network connect --ip ${addresses[0]} --ip6 ${addresses[1]} one one2`);
  // At once, although the neighbour remembers another MAC address.
  for (const address of addresses) assert.match(await host.ask('one1', address, 4000), /^one2 /);
  assert.equal(await host.klee('system check'), '');
});

const UPLINK = `--driver uplink --driver-opt table=${TABLE}`;
const CREATE = `network create -t bridge ${UPLINK} --subnet 10.67.0.0/24 --subnet6 fd67::/64 far`;

async function refused(words: string): Promise<string> {
  const { status, stderr } = await host.world.klee(words);
  assert.equal(status, 1);
  return stderr;
}

test('a network is refused while its table leads nowhere', async () => {
  host.addSecondUplink();
  const said = await refused(CREATE);
  assert.match(said, /routing table 100 has no IPv4 default route on this host/);
  assert.match(said, /routing table 100 has no IPv6 default route on this host/);
  host.setTable('add');
  await host.klee(CREATE);
  await host.klee('create --name other --driver vnet host true');
  assert.match(await refused('network connect far other'), /uplink/);
  await host.klee('container rm other');
});

test('its containers leave by the second uplink, and all others by the first', async () => {
  await host.container('far1', '--driver uplink -n far -p 8082:4000', 4000);
  await host.container('far2', '--driver uplink -n far', 4000);
  for (const family of FAMILIES) {
    await host.answers('far1', await host.address('far', 'far2', family), 4000, 'far2');
    assert.equal(await host.ask('far1', FAR[family], 7), `second ${SECOND_ADDRESS[family]}`);
    assert.equal(await host.ask('one1', FAR[family], 7), `outside ${HOST_ADDRESS[family]}`);
    assert.equal(await host.ask('host', FAR[family], 7), `outside ${HOST_ADDRESS[family]}`);
    await host.answers('outside', HOST_ADDRESS[family], 8082, 'far1');
    await host.answers('second', SECOND_ADDRESS[family], 8082, 'far1');
    // By an address of the host, from another network and from its own.
    await host.answers('one1', HOST_ADDRESS[family], 8082, 'far1');
    await host.answers('far2', HOST_ADDRESS[family], 8082, 'far1');
  }
  assert.equal(await host.klee('system check'), '');
});

test('an uplink that is down does not turn into the other', async () => {
  await host.klee('create --name far3 --driver uplink host true');
  host.setTable('delete');
  for (const family of FAMILIES) assert.equal(await host.ask('far1', FAR[family], 7), '');
  assert.match(await refused('network connect far far3'), /table 100 has no IPv4 default route/);
  host.setTable('add');
  await host.klee('network connect far far3');
  await host.klee('container rm far3');
});

test('check tells of a rule that is lost, and repair makes it again', async () => {
  ip('-6 rule delete priority 27501');
  const { stdout } = await host.world.klee('system check');
  assert.match(stdout, /network far: the IPv6 routing rule 'iif kln\w+ lookup 100 /);
  await host.klee('system repair');
  assert.equal(await host.klee('system check'), '');
  for (const family of FAMILIES)
    assert.equal(await host.ask('far1', FAR[family], 7), `second ${SECOND_ADDRESS[family]}`);
});

test('a network takes its rules with it', async () => {
  await host.klee('container rm -f far1 far2');
  await host.klee('network rm far');
  assert.doesNotMatch(`${ip('-4 rule show')}${ip('-6 rule show')}`, /275\d\d:/);
});

test('without the plugin, klee removes what bears its mark, and tells of the rest', async () => {
  await host.klee(CREATE);
  await host.klee('run -d --name far1 --driver uplink -n far host sleep 3600');
  rmSync(host.plugin, { recursive: true });
  await host.klee('container rm -f far1 one1 one2 two1 two2');
  await host.klee('network rm far one two');
  assert.doesNotMatch(ip('link show'), /\bkl[cen][0-9a-f]{12}/);
  const { stdout } = await host.world.klee('system check');
  assert.match(stdout, /rule ipv4 iif kln\w+/);
  await host.klee('system repair');
  assert.equal(await host.klee('system check'), '');
});

test.run();
