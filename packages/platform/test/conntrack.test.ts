import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'uvu';
import type { Cidr, Flows, IpAddress, Logger } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';
import { createCommandRunner } from '@kleenet/platform/runner';
import { endFlows, linesOf } from '../src/linux/conntrack.ts';
import { hostFiles } from './support/host-files.ts';

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

const ADDRESSES = JSON.stringify([
  { ifname: 'd0', addr_info: [{ local: '198.51.100.1', prefixlen: 24 }] },
  { ifname: 'd1', addr_info: [{ local: '2001:db8::1', prefixlen: 64 }] },
]);

/** What is deleted when ports are opened, on a host with programs that answer so. */
async function opened(
  ports: readonly (readonly [protocol: 'tcp' | 'udp', first: number, last: number])[],
  { formerly = [], list = `cat "$0.listed"` }: { formerly?: readonly string[]; list?: string } = {},
): Promise<{ readonly deleted: string; readonly asked: string }> {
  const work = mkdtempSync(join(tmpdir(), 'klee-flows-'));
  const program = (name: string, text: string): void =>
    writeFileSync(join(work, name), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
  const file = (name: string): string => {
    const path = join(work, name);
    return existsSync(path) ? readFileSync(path, 'utf8') : '';
  };
  writeFileSync(join(work, 'conntrack.listed'), LISTED);
  program('ip', `cat >/dev/null; echo '${ADDRESSES}'`);
  program(
    'conntrack',
    `case $1 in
      -L) echo "$*" >>"$0.asked"; [ "$3" = ipv6 ] || { ${list}; } ;;
      -R) cat >"$0.deleted"; head -c 80000000 /dev/zero ;;
    esac`,
  );
  const logger: Logger = { debug: () => undefined, warn: (message) => assert.fail(message) };
  try {
    await endFlows(
      {
        commands: createCommandRunner({
          commandPrefix: [],
          environment: { PATH: `${work}:${process.env['PATH']}` },
          logger,
        }),
        files: hostFiles({ read: () => Promise.resolve('3\n') }),
        logger,
      },
      {
        of: 'ports',
        ports: ports.map(([protocol, first, last]) => ({
          protocol,
          hostPorts: [first, last],
          containerPort: 1,
        })),
        formerly: formerly as IpAddress[],
      },
    );
    return { deleted: file('conntrack.deleted'), asked: file('conntrack.asked') };
  } finally {
    rmSync(work, { recursive: true });
  }
}

test('only what the host itself takes at a port is in the way of publishing it', async () => {
  const udp = '-D -f ipv4 -p udp -d 198.51.100.1 -r 198.51.100.1 --orig-port-dst 8080\n';
  const tcp = '-D -f ipv6 -p tcp -d 2001:db8::1 -r 2001:db8::1 --orig-port-dst 8081\n';
  const deleted = async (protocol: 'tcp' | 'udp', first: number, last: number): Promise<string> =>
    (await opened([[protocol, first, last]])).deleted;
  assert.equal(await deleted('udp', 8080, 8080), udp);
  // That to another host's port of this number stays, and so does what is translated already.
  assert.equal(await deleted('tcp', 8080, 8080), '');
  assert.equal(await deleted('tcp', 8080, 8081), tcp);
  assert.equal(await deleted('tcp', 8081, 9000), tcp);
  assert.equal(await deleted('udp', 8079, 8079), '');
  assert.equal(await deleted('udp', 8081, 8081), '');
});

test('what leads to where a port was before ends, too', async () => {
  const { deleted } = await opened([['udp', 8000, 8080]], { formerly: ['10.1.0.2'] });
  assert.match(
    deleted,
    /^-D -f ipv4 -p udp -d 198\.51\.100\.1 -r 10\.1\.0\.2 --orig-port-dst 8080$/m,
  );
  const other = await opened([['udp', 8000, 8080]], { formerly: ['10.1.0.3'] });
  assert.doesNotMatch(other.deleted, /-r 10/);
});

test('for one port conntrack(8) chooses, and several are looked for at once', async () => {
  const one = await opened([['udp', 8080, 8080]]);
  assert.equal(
    one.asked,
    ['ipv4', 'ipv6'].map((of) => `-L -f ${of} -p udp --orig-port-dst 8080\n`).join(''),
  );
  const more = await opened([
    ['udp', 8080, 8080],
    ['tcp', 8081, 8081],
  ]);
  assert.equal(more.asked, '-L -f ipv4\n-L -f ipv6\n');
  assert.deepEqual(more.deleted.match(/-p \S+/g)?.toSorted(), ['-p tcp', '-p udp']);
});

test('a million connections of a busy host are not a failure, and a failed look is one', async () => {
  const many = `awk 'BEGIN { for (i = 0; i < 1000000; i++) print "tcp 6 9 ESTABLISHED src=10.0.0.1 dst=198.51.100.1 sport=" i " dport=443 src=198.51.100.1 dst=10.0.0.1 sport=443 dport=" i " [ASSURED]" }'`;
  const { deleted } = await opened([['tcp', 443, 443]], { list: many });
  assert.equal(deleted, '-D -f ipv4 -p tcp -d 198.51.100.1 -r 198.51.100.1 --orig-port-dst 443\n');
  await assert.rejects(opened([['tcp', 443, 443]], { list: 'exit 1' }), /command failed/);
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
          files: hostFiles({ read: (path) => Promise.resolve(path === COUNT ? count : undefined) }),
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

test('a removal that is aborted is tried until it gets to the end, and not for ever', async () => {
  const abortedFor = (times: number): ReturnType<typeof host> => {
    let left = times;
    return host('3\n', (word) => {
      if (word === '-R') return { status: 2 };
      const isAborted = word === '-D' && left-- > 0;
      return isAborted ? { status: 1, stderr: "such conntrack doesn't exist\n" } : {};
    });
  };
  const busy = abortedFor(7);
  await busy.end(OF_ADDRESS);
  assert.equal(busy.ran.filter((line) => line.includes(' -s ')).length, 8);
  await assert.rejects(abortedFor(Infinity).end(OF_ADDRESS), /conntrack failed/);
});

test('a host without a conntrack(8) that works is warned about; a failure of one that works is not hidden', async () => {
  const missing = host('3\n', () => new KleenetError('TOOL_MISSING', 'no conntrack'));
  await missing.end(OF_ADDRESS);
  assert.match(missing.warnings.join(), /conntrack\(8\) is missing.*may continue to the next one/);
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
