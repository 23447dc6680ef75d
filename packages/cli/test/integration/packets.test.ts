/** Who reaches whom, with real packets: within networks, between them, and the world outside. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { HOST_ADDRESS, OUTSIDE_ADDRESS, PacketHost, setBridgeFilter } from '../support/packets.ts';
import type { Probe, Question } from '../support/packets.ts';
import { FAMILIES } from '@kleenet/core';

const host = new PacketHost();

test.before(async () => {
  for (const [name, n, options] of [
    ['bridged', 1, '-t bridge'],
    ['routed', 2, ''],
    ['plain', 3, '-t bridge --no-nat'],
    ['inner', 4, '-t bridge --internal'],
    ['alone', 5, '-t bridge --no-icc'],
    ['apart', 6, '--no-icc'],
    ['hidden', 7, '--internal'],
  ] as const) {
    await host.klee(
      `network create ${options === '' ? '' : `${options} `}--subnet 10.77.${n}.0/24 --subnet6 fd77:${n}::/64 ${name}`,
    );
  }
  for (const network of ['bridged', 'inner', 'alone']) {
    for (const n of [1, 2]) {
      await host.container(`${network}-vnet${n}`, `-l vnet -n ${network}`, 4000);
      await host.container(`${network}-ipnet${n}`, `-l ipnet -n ${network}`, 4000);
    }
  }
  for (const network of ['routed', 'apart', 'hidden']) {
    for (const n of [1, 2]) await host.container(`${network}-ipnet${n}`, `-n ${network}`, 4000);
  }
  await host.container('plain-vnet', '-l vnet -n plain', 4000);
  await host.container('plain-ipnet', '-n plain', 4000);
  host.serveOnHost('host', 22);
  await new Promise((resolve) => setTimeout(resolve, 500));
});

interface Case {
  readonly from: string;
  readonly to: string;
}

function pairs(names: readonly string[]): Case[] {
  return names.flatMap((from) => names.filter((to) => to !== from).map((to) => ({ from, to })));
}

function containersOf(network: string): string[] {
  const kinds = ['bridged', 'inner', 'alone'].includes(network)
    ? ['vnet1', 'vnet2', 'ipnet1', 'ipnet2']
    : ['ipnet1', 'ipnet2'];
  return kinds.map((kind) => `${network}-${kind}`);
}

async function ask(
  cases: readonly Case[],
  probe: Probe = {},
): Promise<ReadonlyMap<string, string>> {
  const questions = new Map<string, Question>();
  for (const { from, to } of cases) {
    for (const family of FAMILIES) {
      const address = await host.address(to.split('-')[0] ?? '', to, family);
      questions.set(`${from} to ${to} over ${family}`, { from, address, port: 4000, ...probe });
    }
  }
  return host.askAll(questions);
}

async function reached(cases: readonly Case[]): Promise<string[]> {
  return [...(await ask(cases))].flatMap(([name, said]) => (said === '' ? [] : [name]));
}

/** An answer that is to come may be late on a busy machine. */
async function unreached(cases: readonly Case[]): Promise<string[]> {
  return [...(await ask(cases, { patience: 15_000 }))].flatMap(([name, said]) =>
    said === '' ? [name] : [],
  );
}

for (const filter of [true, false]) {
  const suffix = filter ? 'with br_netfilter' : 'without br_netfilter';

  test(`containers of one network reach each other, ${suffix}`, async () => {
    setBridgeFilter(filter);
    for (const network of ['bridged', 'routed', 'inner', 'hidden']) {
      assert.deepEqual(await unreached(pairs(containersOf(network))), []);
    }
  });

  test(`without icc they do not, ${suffix}`, async () => {
    setBridgeFilter(filter);
    for (const network of ['alone', 'apart'])
      assert.deepEqual(await reached(pairs(containersOf(network))), []);
  });
}

test('no network reaches another one', async () => {
  const one = [
    'bridged-vnet1',
    'routed-ipnet1',
    'plain-vnet',
    'inner-vnet1',
    'alone-vnet1',
    'hidden-ipnet1',
    'plain-ipnet',
    'bridged-ipnet1',
  ];
  const across = pairs(one).filter(({ from, to }) => from.split('-')[0] !== to.split('-')[0]);
  assert.deepEqual(await reached(across), []);
});

test('the host reaches containers, those of an internal network by its bridge', async () => {
  const all = [
    'bridged-vnet1',
    'bridged-ipnet1',
    'routed-ipnet1',
    'inner-vnet1',
    'alone-vnet1',
    'apart-ipnet1',
  ];
  assert.deepEqual(await unreached(all.map((to) => ({ from: 'host', to }))), []);
});

test('the world outside sees the host, unless there is no NAT', async () => {
  for (const family of FAMILIES) {
    for (const from of [
      'bridged-vnet1',
      'bridged-ipnet1',
      'routed-ipnet1',
      'alone-vnet1',
      'apart-ipnet1',
    ]) {
      assert.equal(
        await host.ask(from, OUTSIDE_ADDRESS[family], 7),
        `outside ${HOST_ADDRESS[family]}`,
        from,
      );
    }
  }
});

test('a container reaches the gateway of its own network and no other', async () => {
  for (const [network, gateway] of [
    ['bridged-vnet1', '10.77.1.1'],
    ['bridged-ipnet1', '10.77.1.1'],
    ['inner-vnet1', '10.77.4.1'],
    ['bridged-vnet1', 'fd77:1::1'],
  ] as const) {
    assert.match(await host.ask(network, gateway, 22), /^host /, `${network} to ${gateway}`);
  }
  for (const from of ['bridged-vnet1', 'routed-ipnet1', 'inner-vnet1', 'hidden-ipnet1']) {
    for (const gateway of ['10.77.3.1', 'fd77:3::1', '10.77.5.1'])
      assert.equal(await host.ask(from, gateway, 22), '', `${from} to ${gateway}`);
  }
  assert.match(await host.ask('bridged-vnet1', HOST_ADDRESS.ipv4, 22), /^host /);
  for (const from of ['inner-vnet1', 'inner-ipnet1', 'hidden-ipnet1'])
    assert.equal(await host.ask(from, HOST_ADDRESS.ipv4, 22), '');
});

test.run();
