/** Published ports, with real packets: from everywhere, and never for an internal network. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { test } from 'uvu';
import {
  HOST_ADDRESS,
  OUTSIDE_ADDRESS,
  PacketHost,
  UPLINK,
  ip,
  setBridgeFilter,
} from '../support/packets.ts';
import type { Question } from '../support/packets.ts';

const host = new PacketHost();
const ADDRESSES = Object.values(HOST_ADDRESS);

test.before(async () => {
  for (const [name, n, options] of [
    ['bridged', 1, '-t bridge'],
    ['alone', 2, '-t bridge --no-icc'],
    ['routed', 3, '--no-icc'],
    ['inner', 4, '-t bridge --internal'],
  ] as const) {
    await host.klee(
      `network create ${options} --subnet 10.78.${n}.0/24 --subnet6 fd78:${n}::/64 ${name}`,
    );
  }
  // Servers on the ports next to the published ones show that nothing else is open.
  await host.container('web', '-l vnet -n bridged -p 8080:80 -p 8081:81/udp', 80, 81, 79);
  await host.container('range', '-l ipnet -n bridged -p 5000:5002:4000:*', 4000, 4001, 4002, 4003);
  await host.container('single', '-l vnet -n alone -p 9080:80 -p 9081:81/udp', 80, 81, 79);
  await host.container('routed1', '-l ipnet -n routed -p 7080:80', 80, 79);
  await host.container('bound', `-l vnet -n bridged -p ${UPLINK}:6080:80`, 80);
  await host.container('inner1', '-l vnet -n inner -p 3080:80', 80);
  for (const network of ['bridged', 'alone', 'inner'])
    await host.container(`${network}-vnet`, `-l vnet -n ${network}`);
  for (const network of ['bridged', 'alone', 'routed'])
    await host.container(`${network}-ipnet`, `-l ipnet -n ${network}`);
  await new Promise((resolve) => setTimeout(resolve, 500));
});

/** The servers that answered, by question. */
async function servers(questions: readonly Question[]): Promise<Record<string, string>> {
  const named = questions.map((question) => {
    const { from, address, port, protocol = 'tcp' } = question;
    return [`${from} to ${address} ${protocol} ${port}`, question] as const;
  });
  const answers = await host.askAll(new Map(named));
  return Object.fromEntries([...answers].map(([name, said]) => [name, said.split(' ')[0] ?? '']));
}

async function expect(server: string, questions: readonly Question[]): Promise<void> {
  const found = await servers(questions);
  assert.deepEqual(found, Object.fromEntries(Object.keys(found).map((name) => [name, server])));
}

function everyAddress(from: string, port: number, protocol: 'tcp' | 'udp' = 'tcp'): Question[] {
  return ADDRESSES.map((address) => ({ from, address, port, protocol }));
}

const INSIDE = ['bridged-vnet', 'bridged-ipnet', 'alone-vnet', 'alone-ipnet', 'routed-ipnet'];

for (const filter of [true, false]) {
  const suffix = filter ? 'with br_netfilter' : 'without br_netfilter';

  test(`a published port answers from everywhere, ${suffix}`, async () => {
    setBridgeFilter(filter);
    const from = ['outside', 'host', ...INSIDE];
    await expect(
      'web',
      from.flatMap((asker) => [...everyAddress(asker, 8080), ...everyAddress(asker, 8081, 'udp')]),
    );
    await expect(
      'range',
      from.flatMap((asker) => [5000, 5001, 5002].flatMap((port) => everyAddress(asker, port))),
    );
  });

  test(`also without icc, ${suffix}`, async () => {
    setBridgeFilter(filter);
    const from = ['outside', 'host', ...INSIDE];
    // A bridge that filters like a router sends what it translates to another port itself, and isolated ports refuse.
    const single = from.filter((asker) => !(filter && asker === 'alone-vnet'));
    await expect(
      'single',
      single.flatMap((asker) => [
        ...everyAddress(asker, 9080),
        ...everyAddress(asker, 9081, 'udp'),
      ]),
    );
    await expect(
      'routed1',
      from.flatMap((asker) => everyAddress(asker, 7080)),
    );
  });

  test(`at the container's own address, too, and no other port of it, ${suffix}`, async () => {
    setBridgeFilter(filter);
    for (const family of ['ipv4', 'ipv6'] as const) {
      const [single, routed] = [
        await host.address('alone', 'single', family),
        await host.address('routed', 'routed1', family),
      ];
      const from = ['alone-vnet', 'alone-ipnet', 'bridged-vnet', 'routed-ipnet'];
      await expect(
        'single',
        from.flatMap((asker) => [
          { from: asker, address: single, port: 80 },
          { from: asker, address: single, port: 81, protocol: 'udp' as const },
        ]),
      );
      await expect(
        'routed1',
        from.map((asker) => ({ from: asker, address: routed, port: 80 })),
      );
      await expect(
        '',
        from.flatMap((asker) =>
          [single, routed].map((address) => ({ from: asker, address, port: 79 })),
        ),
      );
    }
  });
}

test('ports that are not published are closed', async () => {
  await expect(
    '',
    ['outside', 'host', 'bridged-vnet'].flatMap((from) =>
      [8079, 5003, 81, 4003].flatMap((port) => everyAddress(from, port)),
    ),
  );
});

test('the host has them at 127.0.0.1', async () => {
  await expect('web', [
    { from: 'host', address: '127.0.0.1', port: 8080 },
    { from: 'host', address: '127.0.0.1', port: 8081, protocol: 'udp' },
  ]);
  await expect('routed1', [{ from: 'host', address: '127.0.0.1', port: 7080 }]);
  await expect('range', [{ from: 'host', address: '127.0.0.1', port: 5001 }]);
  await expect('single', [{ from: 'host', address: '127.0.0.1', port: 9080 }]);
});

test('a container reaches its own port through the host', async () => {
  // With br_netfilter the bridge would have to send the packet back by the port that it came from.
  setBridgeFilter(false);
  await expect('web', everyAddress('web', 8080));
  await expect('range', everyAddress('range', 5001));
  await expect('single', everyAddress('single', 9080));
  await expect('routed1', everyAddress('routed1', 7080));
});

test('nobody reaches what listens on the loopback of the host by a link that leads to a published port', async () => {
  host.serveOnHost('host', 2222);
  await new Promise((resolve) => setTimeout(resolve, 200));
  ip('-netns', host.namespace('web'), 'address del 127.0.0.1/8 dev lo');
  ip('-netns', host.namespace('web'), 'route add 127.0.0.1/32 via 10.78.1.1 dev eth0');
  await expect('', [{ from: 'web', address: '127.0.0.1', port: 2222 }]);
});

test('the one that asks from outside is seen by its own address', async () => {
  assert.equal(await host.ask('outside', HOST_ADDRESS.ipv4, 8080), `web ${OUTSIDE_ADDRESS.ipv4}`);
  assert.equal(
    await host.ask('outside', HOST_ADDRESS.ipv6, 7080),
    `routed1 ${OUTSIDE_ADDRESS.ipv6}`,
  );
});

test('a port on one interface is published there', async () => {
  await expect('bound', everyAddress('outside', 6080));
  for (const family of ['ipv4', 'ipv6'] as const) {
    const address = await host.address('bridged', 'bound', family);
    await expect('bound', [
      { from: 'alone-vnet', address, port: 80 },
      { from: 'host', address, port: 80 },
    ]);
  }
  ip('link add name second type veth peer name eth1 netns outside');
  ip('address add 198.51.100.1/24 dev second');
  ip('link set dev second up');
  ip('-netns outside address add 198.51.100.2/24 dev eth1');
  ip('-netns outside link set dev eth1 up');
  await expect('', [{ from: 'outside', address: '198.51.100.1', port: 6080 }]);
  await expect('web', [{ from: 'outside', address: '198.51.100.1', port: 8080 }]);
});

test('an internal network publishes nothing, and uses nothing that others publish', async () => {
  await expect(
    '',
    ['outside', 'bridged-vnet', 'host'].flatMap((from) => everyAddress(from, 3080)),
  );
  ip('-netns', host.namespace('inner-vnet'), 'route add default via 10.78.4.1');
  await expect('', [
    { from: 'inner-vnet', address: HOST_ADDRESS.ipv4, port: 8080 },
    { from: 'inner-vnet', address: '10.78.4.1', port: 8080 },
  ]);
});

test('an open connection outlives loading the rules', async () => {
  const client = spawn('ip', [
    'netns',
    'exec',
    'outside',
    process.execPath,
    '-e',
    KEEP_TALKING,
    HOST_ADDRESS.ipv4,
    '8082',
  ]);
  let heard = '';
  client.stdout.on('data', (data) => (heard += String(data)));
  let ended = false;
  client.once('close', () => (ended = true));
  const said = async (text: string): Promise<void> => {
    while (heard !== text && !ended) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal(heard, text);
  };
  await host.klee('run -d --name echo -l vnet -n bridged -p 8082:82 host sleep 3600').then((id) => {
    const echo = "require('net').createServer((s) => s.pipe(s)).listen(82, '::')";
    spawn('ip', ['netns', 'exec', `klee-${id}`, process.execPath, '-e', echo], {
      stdio: 'ignore',
    }).unref();
  });
  await said('one ');
  await host.klee('network create --subnet 10.78.9.0/24 another');
  client.stdin.end('two ');
  await said('one two ');
});

/** Connects as soon as somebody listens, says something, and then what it is told. */
const KEEP_TALKING = `
const [address, port] = process.argv.slice(1);
const again = () => {
  const s = require('net').connect(+port, address).on('error', () => setTimeout(again, 100));
  s.on('connect', () => { s.write('one '); process.stdin.pipe(s); }).on('data', (d) => process.stdout.write(d)).on('end', () => process.exit(0));
};
setTimeout(() => process.exit(1), 60000);
again();`;

test.run();
