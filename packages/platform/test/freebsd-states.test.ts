/** Connections that pf remembers: how they are read, and which are ended. The states were printed by FreeBSD 13.2. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { Argv, Cidr, CommandResult, CommandRunner, Flows, IpAddress } from '@kleenet/core';
import { createRecordingLogger } from '@kleenet/core/testing';
import { createFirewall } from '../src/freebsd/firewall.ts';
import { parseStates } from '../src/freebsd/firewall/states.ts';

const PUBLISHED = `all udp 10.4.6.2:80 (192.0.2.10:8080) <- 192.0.2.1:28613       NO_TRAFFIC:SINGLE
   age 00:00:04, expires in 00:00:56, 1:0 pkts, 30:0 bytes, rule 2
   id: 772b0c6b00000000 creatorid: a45584a1 gateway: 0.0.0.0
   origif: epair1a
`;
const ECHO = `all icmp 192.0.2.1:27392 <- 10.4.6.2:27392       0:0
   age 00:00:05, expires in 00:00:05, 1:1 pkts, 84:84 bytes, rule 2
   id: 772b0c6b00000001 creatorid: a45584a1 gateway: 0.0.0.0
   origif: kb0
`;
const LEAVING = `all icmp 192.0.2.10:14880 (10.4.6.2:27392) -> 192.0.2.1:14880       0:0
   age 00:00:05, expires in 00:00:05, 1:1 pkts, 84:84 bytes, rule 2
   id: 782b0c6b00000001 creatorid: a45584a1 gateway: 0.0.0.0
   origif: epair1a
`;
const TAKEN = `all udp 192.0.2.10:9999 <- 192.0.2.1:28209       NO_TRAFFIC:SINGLE
   age 00:00:01, expires in 00:00:59, 1:1 pkts, 30:58 bytes, rule 2
   id: 792b0c6b00000000 creatorid: a45584a1 gateway: 0.0.0.0
   origif: epair1a
`;
const SIX = `all tcp fd04::2[80] (2001:db8::10[8080]) <- 2001:db8::1[4000]       ESTABLISHED:ESTABLISHED
   [3421 + 65536](+12)  [77 + 65536]
   age 00:00:01, expires in 23:59:59, 1:1 pkts, 30:58 bytes, rule 2
   id: 7a2b0c6b00000000 creatorid: a45584a1
`;
const ALL = PUBLISHED + ECHO + LEAVING + TAKEN + SIX;

test('states are read with their ends, translations and ids', () => {
  const lines = ALL.split('\n').map((line) => line.trim());
  assert.deepEqual(parseStates(lines), [
    {
      id: '772b0c6b00000000',
      protocol: 'udp',
      incoming: true,
      ends: [
        { address: '10.4.6.2', port: 80 },
        { address: '192.0.2.1', port: 28613 },
      ],
      translated: [{ address: '192.0.2.10', port: 8080 }],
    },
    {
      id: '772b0c6b00000001',
      protocol: 'icmp',
      incoming: true,
      ends: [
        { address: '192.0.2.1', port: 27392 },
        { address: '10.4.6.2', port: 27392 },
      ],
      translated: [],
    },
    {
      id: '782b0c6b00000001',
      protocol: 'icmp',
      incoming: false,
      ends: [
        { address: '192.0.2.10', port: 14880 },
        { address: '192.0.2.1', port: 14880 },
      ],
      translated: [{ address: '10.4.6.2', port: 27392 }],
    },
    {
      id: '792b0c6b00000000',
      protocol: 'udp',
      incoming: true,
      ends: [
        { address: '192.0.2.10', port: 9999 },
        { address: '192.0.2.1', port: 28209 },
      ],
      translated: [],
    },
    {
      id: '7a2b0c6b00000000',
      protocol: 'tcp',
      incoming: true,
      ends: [
        { address: 'fd04::2', port: 80 },
        { address: '2001:db8::1', port: 4000 },
      ],
      translated: [{ address: '2001:db8::10', port: 8080 }],
    },
  ]);
});

test('addresses stand alone where a protocol has no ports, whatever they look like', () => {
  const lines = [
    'all esp 10.4.6.2 (fd04::1:2) -> 2001:10::5 (fd05::1)       MULTIPLE:MULTIPLE',
    'id: 01 creatorid: a',
  ];
  assert.deepEqual(parseStates(lines), [
    {
      id: '01',
      protocol: 'esp',
      incoming: false,
      ends: [{ address: '10.4.6.2' }, { address: '2001:10::5' }],
      translated: [{ address: 'fd04::1:2' }, { address: 'fd05::1' }],
    },
  ]);
});

test('the id of a state that is not understood is not given to the one before', () => {
  const lines = `${TAKEN}all udp something else\nid: 02 creatorid: a`.split('\n');
  assert.deepEqual(
    parseStates(lines.map((line) => line.trim())).map(({ id }) => id),
    ['792b0c6b00000000'],
  );
});

const INTERFACES = `epair1a: flags=8843<UP> metric 0 mtu 1500
\tinet 192.0.2.10 netmask 0xffffff00
\tinet 192.0.2.77 netmask 0xffffffff
\tinet6 2001:db8::77 prefixlen 128
em1: flags=8843<UP> metric 0 mtu 1500
\tinet 198.51.100.1 netmask 0xffffff00
kln1: flags=8843<UP> metric 0 mtu 1500
\tinet 10.4.6.1 netmask 0xffffff00
\tgroups: bridge klee
`;
const JAILS = JSON.stringify({
  'jail-information': {
    jail: [
      {
        jid: '1',
        name: 'klee-1',
        path: '/',
        'ip4.addr': ['192.0.2.77'],
        'ip6.addr': ['2001:db8::77'],
      },
    ],
  },
});

/** A host that tells its states in turn. */
class Host implements CommandRunner {
  readonly changes: string[] = [];
  /** The security level; from 3 on, pf cannot be changed. */
  level = '-1';
  readonly #states: string[];

  constructor(...states: readonly string[]) {
    this.#states = [...states];
  }

  async read([program, ...words]: Argv): Promise<CommandResult> {
    const line = [program, ...words].join(' ');
    const stdout =
      line === 'pfctl -vv -s states'
        ? (this.#states.shift() ?? '')
        : line === 'ifconfig -a'
          ? INTERFACES
          : program === 'jls'
            ? JAILS
            : program === 'sysctl'
              ? `${this.level}\n`
              : 'Status: Enabled\n';
    return { status: 0, stdout, stderr: '' };
  }

  async change(argv: Argv): Promise<CommandResult> {
    if (Number(this.level) >= 3)
      return { status: 1, stdout: '', stderr: 'pfctl: Operation not permitted\n' };
    const [program, , , , ...ids] = argv;
    this.changes.push(program === 'sh' ? `ids ${ids.join(' ')}` : argv.join(' '));
    return { status: 0, stdout: '', stderr: '' };
  }

  foreground(): never {
    throw new Error('nothing runs in the foreground');
  }
}

async function ended(flows: Flows, ...states: readonly string[]): Promise<readonly string[]> {
  const host = new Host(...states);
  const logger = { debug: () => undefined, warn: () => undefined };
  await createFirewall(host, logger).endFlows(flows, {
    signal: new AbortController().signal,
    claim: () => Promise.resolve(),
  });
  return host.changes;
}

const addresses = (...of: readonly string[]): Flows => ({
  of: 'addresses',
  addresses: of as readonly IpAddress[],
});

test('connections of an address end, also those that pf knows under another one on the wire', async () => {
  assert.deepEqual(await ended(addresses('10.4.6.2'), ALL, PUBLISHED + TAKEN), [
    'pfctl -M -k 10.4.6.2',
    'pfctl -k 0.0.0.0/0 -k 10.4.6.2',
    'ids 772b0c6b00000000',
  ]);
  assert.deepEqual(await ended(addresses('fd04::2'), ALL, SIX), [
    'pfctl -M -k fd04::2',
    'pfctl -k ::/0 -k fd04::2',
    'ids 7a2b0c6b00000000',
  ]);
});

test('a connection ends whose address stands only on the wire', async () => {
  assert.deepEqual(await ended(addresses('10.4.6.2'), LEAVING, LEAVING), [
    'pfctl -M -k 10.4.6.2',
    'pfctl -k 0.0.0.0/0 -k 10.4.6.2',
    'ids 782b0c6b00000001',
  ]);
});

test('where no connection has to do with an address, nothing is done', async () => {
  assert.deepEqual(await ended(addresses('10.4.6.22', 'fd04::22'), ALL), []);
});

test('connections of a subnet end, in its family', async () => {
  const subnets = { of: 'subnets', subnets: ['10.4.6.0/24', 'fd05::/64'] as Cidr[] } as const;
  assert.deepEqual(await ended(subnets, ALL, ECHO), [
    'pfctl -M -k 10.4.6.0/24',
    'pfctl -k 0.0.0.0/0 -k 10.4.6.0/24',
    'pfctl -M -k fd05::/64',
    'pfctl -k ::/0 -k fd05::/64',
    'ids 772b0c6b00000001',
  ]);
});

test('what the host took at a port before it was published ends, and nothing else', async () => {
  const taken = (line: string, number: number): string =>
    `all ${line}       NO_TRAFFIC:SINGLE\n   id: 0000000000000${number} creatorid: a45584a1\n`;
  const states =
    TAKEN +
    taken('udp 192.0.2.10:10000 <- 192.0.2.1:5', 100) +
    taken('udp 192.0.2.10:9998 <- 192.0.2.1:5', 101) +
    taken('tcp 192.0.2.10:9999 <- 192.0.2.1:5', 102) +
    taken('udp 192.0.2.10:9999 -> 192.0.2.1:9999', 103) +
    // At an address of a container, and at one in a network of klee's.
    taken('udp 192.0.2.77:9999 <- 192.0.2.1:5', 104) +
    taken('udp 2001:db8::77[9999] <- 2001:db8::1[5]', 109) +
    taken('udp 10.4.6.1:9999 <- 192.0.2.1:5', 105) +
    taken('udp 198.51.100.1:9999 <- 192.0.2.1:5', 106) +
    taken('udp 10.4.6.2:9999 (192.0.2.10:9999) <- 192.0.2.1:5', 107) +
    // By a rule of the user, from another port.
    taken('udp 192.0.2.10:9999 (192.0.2.10:7) <- 192.0.2.1:5', 108);
  const port = { protocol: 'udp', hostPorts: [9999, 10000], containerPort: 1 } as const;
  assert.deepEqual(await ended({ of: 'ports', ports: [port], formerly: [] }, states), [
    'ids 792b0c6b00000000 0000000000000100 0000000000000106',
  ]);
  assert.deepEqual(
    await ended({ of: 'ports', ports: [{ ...port, interface: 'em1' }], formerly: [] }, states),
    ['ids 0000000000000106'],
  );
  // Of several ports, one suffices.
  const others = { protocol: 'tcp', hostPorts: [7, 7], containerPort: 1 } as const;
  assert.deepEqual(
    await ended(
      { of: 'ports', ports: [others, { ...port, interface: 'em1' }], formerly: [] },
      states,
    ),
    ['ids 0000000000000106'],
  );
});

test('what is translated to an address where a port no longer leads ends', async () => {
  const state = (line: string, number: number): string =>
    `all ${line}       NO_TRAFFIC:SINGLE\n   id: 0000000000000${number} creatorid: a45584a1\n`;
  const states =
    state('udp 10.4.6.2:53 (192.0.2.10:9999) <- 192.0.2.1:5', 100) +
    state('udp 10.4.6.3:53 (192.0.2.10:9999) <- 192.0.2.1:5', 101) +
    state('udp 10.4.6.2:53 (192.0.2.10:9998) <- 192.0.2.1:5', 102) +
    state('udp 10.4.6.2:53 (192.0.2.10:10000) <- 192.0.2.1:5', 106) +
    // The other end is translated, too.
    state('udp 10.4.6.2:53 (192.0.2.10:9999) <- 10.4.6.1:5 (10.4.6.9:5)', 107) +
    state('tcp 10.4.6.2:53 (192.0.2.10:9999) <- 192.0.2.1:5', 103) +
    // At the same port of a container, and without a port.
    state('udp 10.4.6.2:53 (192.0.2.77:9999) <- 192.0.2.1:5', 104) +
    state('udp 10.4.6.2 (192.0.2.10) <- 192.0.2.1', 105);
  const port = { protocol: 'udp', hostPorts: [9999, 9999], containerPort: 53 } as const;
  const formerly = ['10.4.6.2' as IpAddress];
  assert.deepEqual(await ended({ of: 'ports', ports: [port], formerly }, states), [
    'ids 0000000000000100 0000000000000107',
  ]);
});

test('a kernel that lets no connection end is told once, and keeps nothing from going', async () => {
  const logger = createRecordingLogger();
  const end = async (host: Host): Promise<void> =>
    createFirewall(host, logger).endFlows(addresses('10.4.6.2'), {
      signal: new AbortController().signal,
      claim: () => Promise.resolve(),
    });
  await end(new Host(ALL, ALL));
  assert.deepEqual(logger.warned, []);
  const locked = new Host(ALL, ALL);
  locked.level = '3';
  await end(locked);
  assert.match(logger.warned.join('\n'), /^the kernel refuses to end connections/);
});

test('a host whose pf is not loaded has nothing to end', async () => {
  const host = new Host();
  host.read = async () => ({
    status: 1,
    stdout: '',
    stderr: 'pfctl: /dev/pf: No such file or directory\n',
  });
  const logger = { debug: () => undefined, warn: () => undefined };
  await createFirewall(host, logger).endFlows(addresses('10.4.6.2'), {
    signal: new AbortController().signal,
    claim: () => Promise.resolve(),
  });
  assert.deepEqual(host.changes, []);
});

test.run();
