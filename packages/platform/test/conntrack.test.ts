import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { Cidr, Flows, IpAddress, Logger, PublishedPort } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';
import { endFlows, linesOf, parseFlows, wasTakenByHost } from '../src/linux/conntrack.ts';

const COUNT = '/proc/sys/net/netfilter/nf_conntrack_count';
const OF_ADDRESS: Flows = { of: 'addresses', addresses: ['10.1.0.2' as IpAddress] };

test('an address is looked for where connections begin and where answers come from', () => {
  const addresses = ['10.1.0.2', 'fd01::2'] as IpAddress[];
  assert.deepEqual(linesOf({ of: 'addresses', addresses }), [
    '-D -f ipv4 -s 10.1.0.2',
    '-D -f ipv4 -r 10.1.0.2',
    '-D -f ipv6 -s fd01::2',
    '-D -f ipv6 -r fd01::2',
  ]);
  assert.deepEqual(linesOf({ of: 'subnets', subnets: ['10.1.0.0/24' as Cidr] }), [
    '-D -f ipv4 -s 10.1.0.0/24',
    '-D -f ipv4 -d 10.1.0.0/24',
  ]);
});

const LISTED = `udp      17 29 src=198.51.100.2 dst=198.51.100.1 sport=4444 dport=8080 [UNREPLIED] src=198.51.100.1 dst=198.51.100.2 sport=8080 dport=4444 mark=0 use=1
udp      17 29 src=198.51.100.2 dst=198.51.100.1 sport=4445 dport=8080 src=10.1.0.2 dst=198.51.100.2 sport=53 dport=4445 [ASSURED] mark=0 use=1
tcp      6 431999 ESTABLISHED src=10.1.0.2 dst=203.0.113.1 sport=50000 dport=8080 src=203.0.113.1 dst=198.51.100.1 sport=8080 dport=50000 [ASSURED] mark=0 use=1
tcp      6 119 SYN_SENT src=::1 dst=2001:db8::1 sport=1 dport=8081 [UNREPLIED] src=2001:db8::1 dst=::1 sport=8081 dport=1 mark=0 use=1
icmp     1 29 src=198.51.100.2 dst=198.51.100.1 type=8 code=0 id=9 src=198.51.100.1 dst=198.51.100.2 type=0 code=0 id=9 mark=0 use=1
`;

test('only what the host itself takes at a port is in the way of publishing it', () => {
  const own = new Set(['198.51.100.1', '2001:db8::1']);
  const taken = (protocol: 'tcp' | 'udp', first: number, last: number): readonly number[] => {
    const ports: readonly PublishedPort[] = [
      { protocol, hostPorts: [first, last], containerPort: 1 },
    ];
    return parseFlows(LISTED)
      .filter((flow) => wasTakenByHost(flow, ports, own))
      .map(({ fromPort }) => fromPort);
  };
  assert.deepEqual(taken('udp', 8080, 8080), [4444]);
  // That to another host's port of this number stays, and so does what is translated already.
  assert.deepEqual(taken('tcp', 8080, 8080), []);
  assert.deepEqual(taken('tcp', 8080, 8081), [1]);
  assert.deepEqual(taken('tcp', 8081, 9000), [1]);
  assert.deepEqual(taken('udp', 8079, 8079), []);
  assert.deepEqual(taken('udp', 8081, 8081), []);
});

interface Answer {
  readonly status?: number;
  readonly stdout?: string;
}

/** A host with a conntrack(8) that answers so, by its first argument. */
function host(count: string | undefined, answer: (word: string) => Answer | Error) {
  const ran: string[] = [];
  const warnings: string[] = [];
  const run = (argv: readonly string[], accept: readonly number[] | 'any' = [0]) => {
    ran.push(argv.join(' '));
    const said = answer(argv[1] ?? '');
    if (said instanceof Error) return Promise.reject(said);
    const result = { status: 0, stdout: '', stderr: '', ...said };
    return accept === 'any' || accept.includes(result.status)
      ? Promise.resolve(result)
      : Promise.reject(new KleenetError('PLATFORM_COMMAND_FAILED', 'conntrack failed'));
  };
  const logger: Logger = { debug: () => undefined, warn: (message) => warnings.push(message) };
  return {
    ran,
    warnings,
    end: (flows: Flows) =>
      endFlows(
        {
          commands: {
            read: (argv, options) => run(argv, options?.accept),
            change: (argv, options) => run(argv, options?.accept),
            foreground: () => assert.fail('nothing runs in the foreground'),
          },
          files: {
            read: (path) => Promise.resolve(path === COUNT ? count : undefined),
            find: () => Promise.resolve(undefined),
          },
          logger,
        },
        flows,
      ),
  };
}

test('no process is started where the kernel remembers nothing', async () => {
  for (const count of ['0\n', undefined]) {
    const idle = host(count, () => assert.fail('started a process'));
    await idle.end(OF_ADDRESS);
    assert.deepEqual(idle.ran, []);
  }
});

test('one process ends all, or one for each line where conntrack(8) is old', async () => {
  const modern = host('3\n', () => ({}));
  await modern.end(OF_ADDRESS);
  assert.deepEqual(modern.ran, ['conntrack -R -']);
  const old = host('3\n', (word) =>
    word === '-R'
      ? { status: 2 }
      : {
          status: 1,
          stderr: 'conntrack v1.4.6 (conntrack-tools): 0 flow entries have been deleted.\n',
        },
  );
  await old.end(OF_ADDRESS);
  assert.deepEqual(old.ran.slice(1), [
    'conntrack -D -f ipv4 -s 10.1.0.2',
    'conntrack -D -f ipv4 -r 10.1.0.2',
  ]);
});

test('a host without a conntrack(8) that works is warned about; a failure of one that works is not hidden', async () => {
  const missing = host('3\n', () => new KleenetError('TOOL_MISSING', 'no conntrack'));
  await missing.end(OF_ADDRESS);
  assert.match(missing.warnings.join(), /conntrack\(8\) is missing.*may go on with the next one/);
  const broken = host('3\n', () => ({ status: 2 }));
  await broken.end(OF_ADDRESS);
  assert.match(broken.warnings.join(), /does not work here/);
  const refused = host('3\n', (word) => ({
    status: word === '-C' ? 0 : 1,
    stderr: 'Operation failed',
  }));
  await assert.rejects(refused.end(OF_ADDRESS), /conntrack failed/);
  assert.equal(
    refused.ran.filter((line) => line.includes(' -s ')).length,
    2,
    'it tries again once',
  );
  const failing = host('3\n', (word) => ({ status: word === '-C' ? 0 : 2 }));
  await assert.rejects(failing.end(OF_ADDRESS), /conntrack failed/);
});

test.run();
