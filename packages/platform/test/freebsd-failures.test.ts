import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { Argv, CommandResult, CommandRunner } from '@kleenet/core';
import { hasCode, isKleenetError } from '@kleenet/core/errors';
import { createReplayRunner } from '@kleenet/core/testing';
import { FAILURES, knownFailure, typedFailure } from '../src/freebsd/failures.ts';
import type { FailureReason } from '../src/freebsd/failures.ts';
import { change, read } from '../src/freebsd/run.ts';
import { hostRecords, wordsOf } from './support/freebsd-records.ts';

/** klee uses the first routing table only; drivers of others may use more. */
const OF_OTHER_TABLES = / -fib \d+$|^sysctl net\.fibs=/;

/** Failing records of programs that klee never runs, of lists of commands, and of those whose status is the answer. */
const NOT_OURS: readonly string[] = [
  'jexec nohost nc -l 10.99.99.99 4000',
  'jexec n3 nc -z -w1 127.0.0.1 1',
  'jexec n3 ping -c1 127.0.0.1',
  'jexec c1 nc -z -w1 127.0.0.1 1',
  'jexec c1 nc -l 10.2.3.1 4000',
  'jexec c1 ping -c1 -t2 10.2.3.1',
  'jexec c1 nc -l 10.2.3.2 4003',
  'jexec c1 nc -s 10.2.3.2 -w1 10.2.3.2 4003',
  'jexec c1 nc -s 10.99.1.1 -w1 10.2.3.2 4003',
  'jexec c1 nc -z -w1 10.2.3.2 4999',
  'jexec n3 nc -l 10.2.3.1 4003',
  'jexec n3 nc -l 4003',
  "ps ax | grep -c '[s]leep 1000'",
  'jexec in ping -c1 -t2 192.0.2.2',
  'jexec ip1 ping -c1 -t2 192.0.2.2',
  'jexec ip1 ping -c1 -t2 10.2.3.2',
  '(timeout 3 nc -l 10.2.3.1 4004 </dev/null; echo "host listener rc=$?") & sleep 1\njexec c1 nc -w1 -l 10.2.3.1 4004 </dev/null; echo "jail listener on the same port rc=$?"; wait',
  'jexec klee-v2 ping -6 -c1 -t3 fd00:4::2',
  'jexec klee-v2 ping -6 -c1 -t3 fd00:4::1',
  'jexec klee-v2 ping -c1 -t2 10.4.6.2',
  'jexec klee-v2 ping -c1 -t2 10.4.6.1',
  'jexec klee-i1 ping -6 -c1 -t3 fd00:4::2',
  "jexec klee-v1 sh -c 'exit 42'",
  "daemon -p /var/run/x.pid -o /tmp/x.log jexec klee-v1 sh -c 'echo started; sleep 2; echo ended; exit 9'; sleep 1; cat /var/run/x.pid; ps -J klee-v1 -o pid,command; sleep 3; cat /tmp/x.log; ls /var/run/x.pid",
  'kenv -q kleenet.boot',
  'kenv kleenet.boot',
  'kenv -u kleenet.boot',
  'jexec klee-k kenv kleenet.boot=1.2',
  'jexec klee-k kenv -q kleenet.boot',
  'ps -ww -p 99999 -o args=',
  'ps -J klee-k -o pid=',
  'pkill -TERM -j klee-k',
  'pkill -0 -j klee-k',
  'kldstat -q -m if_bridge',
  'kldstat -q -m if_epair',
  'kldstat -q -m nullfs',
  'kldstat -q -m nosuch',
  'kldload if_bridge',
  'kldstat -q -m bridge',
  'sysctl kern.osrelease=1',
  'touch /mnt/x',
  'jail -R klee-m; umount /mnt; echo $?; mount | grep -c /mnt',
  'pfctl -a klee/endpoint-abc -F Tables',
  'jexec klee-j ping -c 1 -t 3 10.9.0.1',
];

/** All other failing records, by what they mean. */
const EXPECTED: { readonly [R in FailureReason]?: readonly string[] } = {
  'name-taken': [
    'ifconfig lo create name kleene0',
    'ifconfig bridge create name kbr0',
    'ifconfig epair1b name eth0',
    'ifconfig eth0 vnet v4',
    'ifconfig lo0 vnet v5',
    'ifconfig lo create group klee description klee:network:2 name klnaaa',
  ],
  'interface-exists': [
    'ifconfig lo7 create',
    'ifconfig epair7 create',
    'ifconfig epair7a create',
    'jexec v1 ifconfig epair create',
    'ifconfig epair5 create group klee description klee:endpoint:2 mtu 1300',
    'ifconfig epair5a create',
    'ifconfig epair5 create',
  ],
  'name-invalid': [
    'ifconfig lo create name abcdefghijklmnop',
    'ifconfig lo create name abcdefghijklmnopqrstu',
    "ifconfig lo create name ''",
  ],
  'interface-gone': [
    'ifconfig nosuch0',
    'ifconfig nosuch0 destroy',
    'ifconfig nosuch0 up',
    'ifconfig nosuch0 inet 10.0.0.1/24 alias',
    'ifconfig lo7 destroy',
    'ifconfig nobridge addm epair0a',
    'ifconfig epair0b',
    'ifconfig eth0',
    'ifconfig epair0a destroy',
    'ifconfig epair0b vnet v1',
    'ifconfig nosuch0 vnet v1',
    'ifconfig lo1 destroy',
    'ifconfig epair40000a destroy',
  ],
  'no-cloner': ['ifconfig nosuchclone create'],
  'not-a-clone': ['ifconfig lo0 destroy', 'jexec w3 ifconfig ethw destroy'],
  'address-gone': [
    'ifconfig kleene0 inet 10.2.3.1 -alias',
    'ifconfig kleene0 inet 10.2.3.99 -alias',
    'ifconfig kleene0 inet 10.2.3.1/32 delete',
    'ifconfig kleene0 inet6 fd00:1::2 -alias',
    'ifconfig kbr0 inet6 fd00:4::10 -alias',
    'ifconfig klnaaa inet 10.2.3.9 -alias',
  ],
  'value-invalid': [
    'ifconfig kleene0 inet 10.2.3.0/33 alias',
    'ifconfig kleene0 inet 10.2.3.999/32 alias',
    'ifconfig kleene0 inet foo/32 alias',
    'ifconfig kleene0 inet6 fd00:1::zz/64 alias',
    'ifconfig eth0 ether zz:11',
    'jail -c name=n7 path=/jails/base ip4.addr=notanip persist',
    'jail -c name=n9 path=/jails/base ip4.addr=10.2.3.3,10.2.3.3 persist',
    'jail -c name=x5 path=/jails/base vnet=bogus persist',
    'ifconfig klnbbb inet6 fd00:9::1/96 alias',
    'ifconfig klnbbb inet6 fd00:9::1/96 alias no_dad',
  ],
  'member-exists': [
    'ifconfig kbr0 addm epair0a',
    'ifconfig kbr0 addm epair0a addm epair1a',
    'ifconfig klnbbb addm epair0a private epair0a static epair0a 02:11:22:33:44:55',
    'ifconfig klnbbb addm epair5a',
  ],
  'member-gone': ['ifconfig kbr0 addm nosuch0', 'ifconfig klnbbb addm nosuch0'],
  'bridge-busy': ['ifconfig kbr1 addm epair0a'],
  'not-a-member': [
    'ifconfig kbr0 deletem epair1a',
    'ifconfig kbr0 deletem nosuch0',
    'ifconfig kbr0 deletem epair0a',
    'ifconfig kbr0 private epair0a private epair1a',
    'ifconfig kbr0 -private epair1a',
  ],
  'mtu-mismatch': [
    'ifconfig epair0a addm epair1a',
    'ifconfig kbr0 addm lo0',
    'ifconfig kbr0 addm kbr1',
    'ifconfig kbr0 addm epair1a',
    'ifconfig klnbbb addm klnaaa',
    'ifconfig klnbbb addm lo0',
    'ifconfig klnbbb addm klnbbb',
  ],
  'mtu-invalid': ['ifconfig eth0 mtu 65536', 'ifconfig eth0 mtu 71'],
  'jail-gone': [
    'jls -j nonexist',
    'jls -j 999',
    'jls --libxo json -j nonexist',
    'jls -j n9 ip4.addr',
    'jail -R n9',
    'jail -c name=a.b path=/jails/base persist',
    'jls -j i3',
    'jail -m name=nonexist ip4.addr=10.2.3.1',
    'jail -r 999',
    'jail -R 999',
    'jail -r nonexist',
    'jail -q -r nonexist',
    'jexec nonexist ls',
    'jls -j q1',
    'jls -j q2',
    'ifconfig epair0a vnet nonexist',
    'jls -j v3',
    'jail -R v3',
    'jls -j x1',
    'jls -j x2 vnet ip4 ip4.addr',
    'jexec w4 ifconfig epair1b 10.4.6.30/24 up',
    'jls -j s5 ip4.addr',
    'ps -J nosuch -o pid=',
    'pkill -TERM -j nosuch',
    'jail -R klee-j',
    'ifconfig -j nosuch',
    'route -j nosuch -n get default',
  ],
  'unknown-parameter': [
    'jls -j c1 nosuchparam',
    'jail -c name=n14 path=/jails/base nosuchparam=1 persist',
    'jail -m name=c1 noallow.raw_sockets',
    'jail -m name=c1 ip4.addr+=10.2.3.3',
    'jail -c name=s5 path=/jails/base ip4.addr=10.2.3.2 ip4.addr+=10.2.3.3 persist',
  ],
  'jail-exists': [
    'jail -c name=c1 path=/jails/base persist',
    'jail -c name=c1 path=/jails/base ip4.addr=10.2.3.3 persist',
  ],
  'path-missing': ['jail -c name=n11 path=/jails/nonexistent ip4.addr=10.2.3.3 persist'],
  'parameter-invalid': [
    'jail -c name=n13 path=/jails/base',
    'jail -m ip4.addr=10.2.3.1',
    'jail -c name=0123 path=/jails/base vnet persist',
  ],
  'hook-failed': [
    "jail -c name=i3 path=/jails/base 'ip4.addr=nosuch0|10.2.3.52/32' persist",
    "jail -c name=q1 path=/jails/base ip4.addr=10.2.3.1 command=/bin/sh -c 'echo in jail; hostname; exit 3'",
    "jail -c name=q2 path=/jails/base ip4.addr=10.2.3.1 exec.start='false' persist",
    'jail -c name=v3 path=/jails/base vnet vnet.interface=nosuch0 persist',
    'jail -c name=v3 path=/jails/base vnet.interface=epair1b persist',
    'jail -c name=w4 path=/jails/base vnet vnet.interface=epair1b persist',
    'jail -c name=v1 path=/jails/base vnet vnet.interface=epair0b persist',
  ],
  'addresses-clash': [
    'jail -m name=c1 ip4.addr=10.2.3.1,10.2.3.3',
    'jail -m name=c1 ip4.addr=10.2.3.1,10.2.3.2',
    'jail -c name=s1 path=/jails/base ip4.addr=10.2.3.1 persist',
    'jail -m name=s1 ip4.addr=10.2.3.1,10.2.3.2',
    'jail -c name=s2 path=/jails/base ip4.addr=10.2.3.1,10.2.3.2 persist',
  ],
  'parameter-fixed': [
    'jail -m name=c1 ip4=inherit',
    'jail -m name=c1 path=/tmp',
    'jail -m name=c1 name=renamed',
    'jail -m name=v1 ip4=disable',
    'jail -m name=i1 vnet',
    'jail -m name=i1 vnet=new',
    'jail -m name=v1 vnet=inherit',
  ],
  denied: [
    'jexec c1 ifconfig kleene0 inet 10.2.3.200/32 alias',
    'jexec c1 ifconfig lo create',
    'jexec c1 route add 1.2.3.4 127.0.0.1',
  ],
  'not-in-jail': ['ifconfig epair0a -vnet v1', 'ifconfig eth0 -vnet v1'],
  'route-exists': [
    'jexec v1 route add default 10.4.6.1',
    'jexec v1 route add default 10.4.6.254',
    'jexec klee-v1 route -n add -inet6 default fd00:4::1',
    'route -j klee-j -n add default 10.9.0.1',
  ],
  'network-unreachable': ['jexec v1 route add 10.50.0.0/16 10.99.0.1'],
  'route-gone': [
    'jexec v1 route delete default',
    'route -n get default',
    'route -n get 10.77.0.1',
    'route -n get 192.0.2.1',
    'route -j klee-j -n delete default',
  ],
  'stack-mismatch': [
    'jail -m name=v1 ip4.addr=10.4.6.20',
    'jail -c name=x1 path=/jails/base vnet ip4.addr=10.4.6.21 persist',
    'jail -c name=x2 path=/jails/base vnet ip4=inherit persist',
    "jail -c name=x4 path=/jails/base vnet 'ip4.addr=kbr0|10.4.6.22/32' persist",
  ],
  'pf-missing': [
    'jexec v1 pfctl -s rules',
    'pfctl -s info',
    'pfctl -a klee/networks -s rules',
    'pfctl -a klee/networks -F all',
    'pfctl -a klee -s Anchors',
    "printf 'pass\\n' | pfctl -a klee/networks -f -",
    'pfctl -a klee/networks -t t3 -T show',
  ],
  'pf-disabled': ['pfctl -d'],
  'pf-enabled': ['pfctl -e'],
  'rules-invalid': [
    'pfctl -f /tmp/bad1.conf',
    "printf 'pass quick on kbr0 inet from 10.4.6.0/24 tu any\\n' | pfctl -a klee/n1 -nf -",
    "printf 'pass quick on kbr0 inet from 10.4.6.0/24 tu any\\n' | pfctl -a klee/n1 -f -",
  ],
  'jail-dying': ['ifconfig epair0b -vnet v1', 'ifconfig epair0b -vnet 1'],
  'option-unknown': ['ifconfig -j nonexist -l'],
  'command-missing': ['jexec klee-v1 nosuchcommand'],
  'command-not-executable': ['jexec klee-v1 /etc/passwd'],
  'user-missing': ['jexec -u nosuchuser klee-v1 id'],
  'no-process': ['ps -J klee-v1 -o pid,command'],
  'module-missing': ['kldload -n nosuch'],
  'unknown-oid': [
    'sysctl -n no.such.thing',
    'sysctl no.such.thing kern.hostuuid',
    'sysctl kern.hostuuid no.such.thing',
    'sysctl net.link.bridge',
  ],
  'not-mounted': ['umount /mnt'],
  'file-gone': ['mount -t nullfs -o ro /nosuch /mnt', 'mount -t nullfs -o ro /bin /nosuch'],
  'no-such-number': ['ifconfig epair9999999 create', 'ifconfig epair40000 create'],
  'table-gone': [
    'pfctl -a klee/networks -t nosuch -T delete 10.1.0.7',
    'pfctl -a klee/nosuch -t nosuch -T delete 10.1.0.7',
    'pfctl -a klee/networks -t nosuch -T show',
    'pfctl -a klee/nosuch -t nosuch -T show',
    'pfctl -a klee/nosuch -t t -T show',
    'pfctl -a klee/nosuch -t t -T delete 1.2.3.4',
  ],
  'anchor-gone': ['pfctl -a klee/nosuch -s Tables', 'pfctl -a klee/endpoint-abc -F all'],
};

test('every recorded failure of a program of ours means what it should, and comes with a hint', () => {
  const failing = hostRecords().filter(({ result }) => result.status !== 0);
  const ours = failing.filter(
    ({ command }) => !NOT_OURS.includes(command) && !OF_OTHER_TABLES.test(command),
  );
  assert.equal(failing.length, 255);
  assert.equal(failing.length - ours.length, 57);
  const found = new Map<string, Set<string>>();
  for (const { command, result } of ours) {
    const known = knownFailure(wordsOf(command), result);
    assert.ok(known, `nobody knows ${command}`);
    found.set(known.reason, (found.get(known.reason) ?? new Set()).add(command));
    const error = typedFailure(wordsOf(command), result);
    assert.ok(isKleenetError(error) && error.code === known.code, command);
    assert.ok(error.hint !== undefined && error.hint.length > 10, `no hint for ${command}`);
    assert.equal(error.details['reason'], known.reason);
    assert.equal(error.details['status'], result.status);
  }
  assert.deepEqual(
    Object.fromEntries([...found].map(([reason, commands]) => [reason, [...commands].toSorted()])),
    Object.fromEntries(
      Object.entries(EXPECTED).map(([reason, commands]) => [reason, [...commands].toSorted()]),
    ),
  );
});

test('nothing that succeeded is taken for a failure', () => {
  const succeeded = hostRecords().filter(({ result }) => result.status === 0);
  assert.ok(succeeded.length > 700);
  for (const { command, result } of succeeded)
    assert.equal(knownFailure(wordsOf(command), result), undefined, command);
});

/** Failures that were not recorded: their texts are those of the programs' sources. */
const FURTHER: readonly (readonly [Argv, Partial<CommandResult>, FailureReason])[] = [
  [
    ['mount', '-t', 'nullfs', '/a', '/b'],
    { stderr: 'mount_nullfs: Invalid fstype: Invalid argument\n' },
    'file-system-unknown',
  ],
  [
    ['mount', '-t', 'nullfs', '/a', '/b'],
    { stderr: 'mount_nullfs: /a: Invalid fstype: Invalid argument\n' },
    'file-system-unknown',
  ],
  [['ifconfig', '-j', 'j', 'eth0'], { stderr: 'ifconfig: jail "j" not found\n' }, 'jail-gone'],
  [['route', '-j', 'j', 'get'], { stderr: 'route: jail "j" is dying\n' }, 'jail-dying'],
  [['umount', '/x'], { stderr: 'umount: /x: not a file system root directory\n' }, 'not-mounted'],
  [['umount', '/x'], { stderr: 'umount: /x: statfs: No such file or directory\n' }, 'not-mounted'],
  [['umount', '/x'], { stderr: 'umount: unmount of /x failed: Device busy\n' }, 'busy'],
  [
    ['mount', '-t', 'nullfs', '/a', '/b'],
    { stderr: 'mount: exec mount_nullfs not found: No such file or directory\n' },
    'file-system-unknown',
  ],
  [
    ['mount', '-t', 'nullfs', '/a', '/b'],
    { stderr: 'mount_nullfs: /b: Operation not supported by device\n' },
    'file-system-unknown',
  ],
  [
    ['kldload', '-n', 'x'],
    { stderr: "kldload: can't load x: No such file or directory\n" },
    'module-missing',
  ],
  [['sysctl', '-n', 'a.b'], { stderr: "sysctl: unknown oid 'a.b'\n" }, 'unknown-oid'],
  [
    ['pkill', '-TERM', '-j', 'x'],
    { status: 2, stderr: "pkill: Invalid jail ID or name `x'\n" },
    'jail-gone',
  ],
  [['pfctl', '-a', 'k', '-f', '-'], { stderr: 'pfctl: DIOCXBEGIN: Device busy\n' }, 'busy'],
  [['pfctl', '-s', 'rules'], { stderr: 'pfctl: /dev/pf: Permission denied\n' }, 'denied'],
  [['jail', '-R', 'x'], { stderr: 'jail: jail_remove: Operation not permitted\n' }, 'denied'],
  [['cp', 'a', 'b'], { stderr: 'cp: b: No space left on device\n' }, 'disk-full'],
  [['sh', '-c', 'x'], { stderr: 'ifconfig: interface x does not exist\n' }, 'interface-gone'],
  [
    ['jexec', '-l', '-U', 'u', 'j', 'route', 'get'],
    { stderr: 'route: route has not been found\n' },
    'route-gone',
  ],
];

for (const [argv, result, reason] of FURTHER) {
  test(`${argv.join(' ')} that fails for ${reason} is understood`, () => {
    const whole = { status: 1, stdout: '', stderr: '', ...result };
    assert.equal(knownFailure(argv, whole)?.reason, reason);
  });
}

test('an unknown failure keeps the code of a failed command, what was said, and a hint', () => {
  const error = typedFailure(['ifconfig', 'x', 'up'], { status: 1, stdout: '', stderr: 'eh?\n' });
  assert.equal(error.code, 'PLATFORM_COMMAND_FAILED');
  assert.match(error.message, /ifconfig x up: eh\?/);
  assert.ok(error.hint);
});

test('status 127 means a missing program, but not when that program runs others', () => {
  const result = { status: 127, stdout: '', stderr: 'not found\n' };
  assert.equal(typedFailure(['kenv', '-q', 'x'], result).code, 'TOOL_MISSING');
  assert.equal(typedFailure(['jexec', 'j', 'sh'], result).code, 'PLATFORM_COMMAND_FAILED');
});

test('every row of the table has a hint that is one line, and says so of a program or of any', () => {
  for (const { program, hint, pattern } of FAILURES) {
    assert.match(hint, /^\S[^\n]{10,}$/, String(pattern));
    assert.match(program, /^[a-z]+$/);
  }
});

test('a tolerated failure is an answer, another one is thrown', async () => {
  const gone = { status: 1, stderr: 'ifconfig: interface x does not exist\n' };
  const replay = (): CommandRunner =>
    createReplayRunner([{ method: 'change', argv: ['ifconfig', 'x', 'destroy'], ...gone }]);
  const tolerated = await change(replay(), ['ifconfig', 'x', 'destroy'], {
    tolerate: ['interface-gone'],
  });
  assert.equal(tolerated.reason, 'interface-gone');
  await assert.rejects(
    change(replay(), ['ifconfig', 'x', 'destroy'], { tolerate: ['jail-gone'] }),
    (error) => hasCode(error, 'INTERFACE_NOT_FOUND'),
  );
});

test('an accepted status is not a failure, and a success has no reason', async () => {
  const runner = createReplayRunner([
    { method: 'read', argv: ['ps', '-J', 'j'], status: 1, stdout: 'PID\n' },
    { method: 'read', argv: ['ps', '-J', 'j'], stdout: 'PID\n1\n' },
  ]);
  assert.equal((await read(runner, ['ps', '-J', 'j'], { accept: [0, 1] })).reason, undefined);
  assert.equal((await read(runner, ['ps', '-J', 'j'])).reason, undefined);
  runner.assertDone();
});

test.run();
