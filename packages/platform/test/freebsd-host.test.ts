import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { CommandRunner } from '@kleenet/core';
import { KleenetError, hasCode } from '@kleenet/core/errors';
import { SILENT_LOGGER, createReplayRunner } from '@kleenet/core/testing';
import type { RecordedCommand } from '@kleenet/core/testing';
import { createHost, readFacts, readHostNetwork } from '../src/freebsd/host.ts';
import type { Host } from '../src/freebsd/host.ts';
import { BARE_HOST, showInterfaces } from './support/freebsd-interfaces.ts';
import { printed } from './support/freebsd-records.ts';

const BOOT: RecordedCommand = {
  method: 'read',
  argv: ['sysctl', 'kern.hostuuid', 'kern.boottime'],
  stdout:
    'kern.hostuuid: 1b4e28ba-2fa1-11d2-883f-0016d3cca427\nkern.boottime: { sec = 1764000000, usec = 4711 } Mon Nov 24 16:00:00 2025\n',
};
const kept = (result: Partial<RecordedCommand>): RecordedCommand => ({
  method: 'read',
  argv: ['kenv', '-q', 'kleenet.boot'],
  ...result,
});
const KEEP: RecordedCommand = { method: 'change', argv: ['kenv', 'kleenet.boot=1764000000.4711'] };
const ROOT: RecordedCommand = { method: 'read', argv: ['id', '-u'], stdout: '0\n' };

async function replay(
  script: readonly RecordedCommand[],
  act: (host: Host) => Promise<unknown>,
  commandPrefix: readonly string[] = [],
): Promise<void> {
  const commands = createReplayRunner(script);
  await act(createHost({ commands, logger: SILENT_LOGGER, commandPrefix }));
  commands.assertDone();
}

test('a host is known by its uuid, and a boot by the time of it', () =>
  replay([BOOT, kept({ status: 1 }), ROOT], async (host) => {
    const identity = {
      platform: 'freebsd',
      hostId: '1b4e28ba-2fa1-11d2-883f-0016d3cca427',
      bootId: '1764000000.4711',
      commandPrefix: [],
    };
    assert.deepEqual(await host.identity(), identity);
    assert.deepEqual(await host.identity(), identity);
  }));

test('a boot that is known by an earlier time keeps it, though the clock was set since', () =>
  replay([BOOT, kept({ stdout: '1763999000.12\n' }), ROOT], async (host) => {
    await host.requirePrivilege();
    assert.equal((await host.identity()).bootId, '1763999000.12');
  }));

test('the first command that changes something keeps the boot, once', () =>
  replay([BOOT, kept({ status: 1 }), ROOT, KEEP], async (host) => {
    await host.requirePrivilege();
    await host.requirePrivilege();
    assert.equal((await host.identity()).bootId, '1764000000.4711');
  }));

test('a name that is not set is told by status 255, and the boot is kept then', () =>
  replay([BOOT, kept({ status: 255 }), ROOT, KEEP], async (host) => {
    await host.requirePrivilege();
    assert.equal((await host.identity()).bootId, '1764000000.4711');
  }));

test('a prefix that does not get to kenv(1) is not a reason to overwrite what that may have', () =>
  replay(
    [BOOT, kept({ status: 255, stderr: 'ssh: connect to host h1: Connection timed out\n' })],
    (host) => host.requirePrivilege(),
    ['my-remote', 'h1'],
  ));

test('nonsense in the kernel’s environment is overwritten', () =>
  replay([BOOT, kept({ stdout: 'x\n' }), ROOT, KEEP], (host) => host.requirePrivilege()));

test('a kernel that does not keep it is not an obstacle', async () => {
  const failing = { ...KEEP, status: 1, stderr: 'kenv: unable to set kleenet.boot\n' };
  await replay([BOOT, kept({ status: 1 }), ROOT, failing], (host) => host.requirePrivilege());
  await replay([BOOT, kept({ status: 127 }), ROOT], async (host) => {
    await host.requirePrivilege();
    assert.equal((await host.identity()).bootId, '1764000000.4711');
  });
});

test('a host that tells neither is still one host', () =>
  replay(
    [{ ...BOOT, stdout: 'kern.hostuuid: \n' }, kept({ status: 1 })],
    async (host) => {
      await host.requirePrivilege();
      const { hostId, bootId } = await host.identity();
      assert.deepEqual([hostId, bootId], ['unknown', 'unknown']);
    },
    ['doas'],
  ));

test('only root may change the host, unless a prefix may help', async () => {
  await replay([BOOT, kept({ stdout: '1.2\n' }), { ...ROOT, stdout: '1001\n' }], (host) =>
    assert.rejects(
      host.requirePrivilege(),
      (error) => hasCode(error, 'PERMISSION_DENIED') && error.hint !== undefined,
    ),
  );
  await replay([BOOT, kept({ stdout: '1.2\n' })], (host) => host.requirePrivilege(), ['doas']);
});

test('a host without id(1) and kenv(1) is tried', async () => {
  const replayed = createReplayRunner([BOOT]);
  const missing = ['id', 'kenv'];
  const commands: CommandRunner = {
    ...replayed,
    read(argv, options) {
      if (!missing.includes(argv[0])) return replayed.read(argv, options);
      return Promise.reject(new KleenetError('TOOL_MISSING', `no ${argv[0]}`));
    },
  };
  const host = createHost({ commands, logger: SILENT_LOGGER, commandPrefix: [] });
  await host.requirePrivilege();
  assert.equal((await host.identity()).bootId, '1764000000.4711');
  replayed.assertDone();
});

test('what failed to be read is read again', async () => {
  const failing = { ...BOOT, status: 1, stdout: '', stderr: 'sysctl: no\n' };
  await replay(
    [failing, kept({ status: 1 }), ROOT, BOOT, kept({ status: 1 }), ROOT],
    async (host) => {
      await assert.rejects(host.identity());
      assert.equal((await host.identity()).bootId, '1764000000.4711');
    },
  );
});

test('the network of the host is told from one command, and its routes from another when asked for', async () => {
  const commands = createReplayRunner([
    { method: 'read', argv: ['ifconfig', '-a'], stdout: showInterfaces(...BARE_HOST) },
    {
      method: 'read',
      argv: ['netstat', '--libxo', 'json', '-rnW'],
      stdout: printed('netstat --libxo json -rn', '6.'),
    },
  ]);
  const { routes, ...rest } = await readHostNetwork(commands);
  assert.deepEqual(rest, {
    interfaces: ['lo0', 'ext0'],
    reservedNames: ['lo0', 'ext0'],
    addresses: [
      { interface: 'lo0', address: '::1', prefix: 128 },
      { interface: 'lo0', address: '127.0.0.1', prefix: 8 },
      { interface: 'ext0', address: '192.0.2.10', prefix: 24 },
    ],
    macs: [{ interface: 'ext0', mac: '52:54:00:12:34:56' }],
  });
  assert.deepEqual(await routes(), [
    { destination: '10.2.3.1/32', interface: 'kleene0' },
    { destination: '10.4.6.0/24', interface: 'kbr0' },
    { destination: '10.4.6.1/32', interface: 'lo0' },
  ]);
  commands.assertDone();
});

const FIREWALL = { state: 'ready', reasons: [] } as const;

async function facts(
  release: string,
  missing = '',
): Promise<Awaited<ReturnType<typeof readFacts>>> {
  const answers: Readonly<Record<string, string>> = { sysctl: `${release}\n`, sh: missing };
  const answer: CommandRunner['read'] = ([program]) =>
    Promise.resolve({ status: 0, stdout: answers[program] ?? '', stderr: '' });
  const commands = { read: answer, change: answer, foreground: () => assert.fail('not asked') };
  return readFacts(commands, FIREWALL);
}

test('a host of a supported release with all programs is ready', async () => {
  const { release, runtime, status, firewall } = await facts('13.2-RELEASE-p4');
  assert.equal(release, '13.2-RELEASE-p4');
  assert.equal(runtime.name, 'jail');
  assert.equal(runtime.version, '13.2-RELEASE-p4');
  assert.deepEqual([status, firewall], [FIREWALL, FIREWALL]);
});

test('a host that is too old, or lacks programs, says so', async () => {
  assert.match((await facts('13.1-RELEASE')).status.reasons[0] ?? '', /13\.1-RELEASE is too old/);
  const { status } = await facts('14.2-RELEASE', 'jexec\npkill\n');
  assert.equal(status.state, 'unavailable');
  assert.deepEqual(status.reasons, [
    "the program 'jexec' of the base system is missing",
    "the program 'pkill' of the base system is missing",
  ]);
});

test.run();
