/** One state directory has the firewall of a network stack, whatever others do to the rules or at the same time. */
import assert from 'node:assert/strict';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readlinkSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import type { CommandRunner, FirewallPlatform } from '@kleenet/core';
import { hasCode } from '@kleenet/core/errors';
import type { KleenetError } from '@kleenet/core/errors';
import { createCommandRunner } from '@kleenet/platform/runner';
import { ownedFirewall as ownedOnFreebsd } from '../src/freebsd/firewall-owner.ts';
import { ownedFirewall as ownedOnLinux } from '../src/linux/firewall-owner.ts';
import { createHostFiles } from '../src/linux/host-files.ts';
import type { HostFiles } from '../src/linux/host-files.ts';
import { CLAIMING } from '../../core/test/support/operations.ts';
import { told } from './support/told.ts';

interface Bench {
  work: string;
  /** What is loaded. */
  loaded: string;
}

const test = suite<Bench>('owner of the firewall');

test.before.each((bench) => {
  bench.work = mkdtempSync(join(tmpdir(), 'klee-owner-'));
  bench.loaded = '';
});
test.after.each(({ work }) => rmSync(work, { recursive: true }));

interface Owned {
  readonly commands: CommandRunner;
  readonly files: HostFiles;
  readonly directory: string;
  readonly marks: string;
}

const SYSTEMS: Readonly<
  Record<'linux' | 'freebsd', (firewall: FirewallPlatform, owned: Owned) => FirewallPlatform>
> = {
  linux: ownedOnLinux,
  freebsd: (firewall, { marks, ...owned }) =>
    ownedOnFreebsd(firewall, { ...owned, file: join(marks, 'firewall-1') }),
};

function firewallOf(bench: Bench, system: keyof typeof SYSTEMS, name: string): FirewallPlatform {
  const directory = join(bench.work, name);
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, 'kleenet.db'), '');
  const firewall: FirewallPlatform = {
    status: () => Promise.resolve({ state: 'ready', reasons: [] }),
    render: ({ networks }) => networks.map(({ id }) => id).join(),
    isLoaded: async (rules) => bench.loaded === (await rules),
    endFlows: () => Promise.resolve(),
    observe: () => Promise.resolve([]),
    apply: (rules) => {
      const before = bench.loaded;
      bench.loaded = rules;
      return Promise.resolve(before !== '');
    },
    clear: () => {
      bench.loaded = '';
      return Promise.resolve();
    },
  };
  const logger = { debug: () => undefined, warn: () => undefined };
  const commands = createCommandRunner({ commandPrefix: [], environment: process.env, logger });
  const marks = join(bench.work, 'marks');
  return SYSTEMS[system](firewall, { commands, files: createHostFiles(), directory, marks });
}

function isForeign(error: unknown): boolean {
  return hasCode(error, 'STATE_FOREIGN') && error.details['holder'] !== undefined;
}

for (const system of ['linux', 'freebsd'] as const) {
  test(`rules that were flushed do not make the firewall free: their directory still has containers: ${system}`, async (bench) => {
    const [first, second] = [
      firewallOf(bench, system, 'first'),
      firewallOf(bench, system, 'second'),
    ];
    await first.apply('a', CLAIMING);
    bench.loaded = '';
    await assert.rejects(second.apply('b', CLAIMING), isForeign);
    await first.apply('a', CLAIMING);
    assert.equal(bench.loaded, 'a');
  });

  test(`who releases the firewall, or whose state is gone, leaves it to others: ${system}`, async (bench) => {
    const [first, second] = [
      firewallOf(bench, system, 'first'),
      firewallOf(bench, system, 'second'),
    ];
    await first.apply('a', CLAIMING);
    await first.apply('', CLAIMING);
    await second.apply('b', CLAIMING);
    await second.clear(CLAIMING);
    await first.apply('a', CLAIMING);
    rmSync(join(bench.work, 'first', 'kleenet.db'));
    await second.apply('b', CLAIMING);
    // What the first one does at its end is not about the mark of the second.
    await first.clear(CLAIMING);
    assert.equal(bench.loaded, 'b');
    const [mark = ''] = readdirSync(join(bench.work, 'marks')).filter((name) => /\d$/.test(name));
    assert.equal(readFileSync(join(bench.work, 'marks', mark), 'utf8'), join(bench.work, 'second'));
  });

  test(`that rules of a directory are loaded is known without the firewall: ${system}`, async (bench) => {
    const [first, second] = [
      firewallOf(bench, system, 'first'),
      firewallOf(bench, system, 'second'),
    ];
    const known = async (): Promise<readonly unknown[]> =>
      Promise.all([first, second].map(async (firewall) => firewall.hasLoaded?.()));
    assert.deepEqual(await known(), [false, false]);
    await first.apply('a', CLAIMING);
    bench.loaded = '';
    assert.deepEqual(await known(), [true, false]);
    await first.clear(CLAIMING);
    assert.deepEqual(await known(), [false, false]);
  });

  test(`a directory in which state could be is an owner, one in which it cannot is none: ${system}`, async (bench) => {
    const [first, second] = [
      firewallOf(bench, system, 'first'),
      firewallOf(bench, system, 'second'),
    ];
    await first.apply('a', CLAIMING);
    const directory = join(bench.work, 'first');
    rmSync(directory, { recursive: true });
    // Nothing can be looked up in a circle of links.
    symlinkSync(directory, directory);
    await assert.rejects(second.apply('b', CLAIMING), (error) => {
      assert.ok(isForeign(error));
      const { details } = error as KleenetError;
      assert.deepEqual(details, { holder: directory, directory: join(bench.work, 'second') });
      return true;
    });
    rmSync(directory);
    writeFileSync(directory, 'a file');
    await second.apply('b', CLAIMING);
    assert.equal(bench.loaded, 'b');
  });

  test(`rules without a mark are cleared by everybody, and the mark is taken once: ${system}`, async (bench) => {
    const firewall = firewallOf(bench, system, 'first');
    bench.loaded = 'of an earlier klee';
    await firewall.clear(CLAIMING);
    assert.equal(bench.loaded, '');
    await firewall.apply('a', CLAIMING);
    const marks = join(bench.work, 'marks');
    const before = readdirSync(marks).map((name) => statSync(join(marks, name)).ino);
    await firewall.apply('b', CLAIMING);
    assert.deepEqual(
      readdirSync(marks).map((name) => statSync(join(marks, name)).ino),
      before,
    );
  });

  test(`removing rules that are another's, or nobody's, changes nothing: ${system}`, async (bench) => {
    const [first, second] = [
      firewallOf(bench, system, 'first'),
      firewallOf(bench, system, 'second'),
    ];
    await first.apply('', CLAIMING);
    assert.equal(await first.hasLoaded?.(), false);
    await first.apply('a', CLAIMING);
    await second.apply('', CLAIMING);
    assert.equal(bench.loaded, 'a');
    assert.equal(await first.hasLoaded?.(), true);
  });

  test(`of many directories that want the firewall at once, one gets it: ${system}`, async (bench) => {
    const names = Array.from({ length: 12 }, (_, index) => `d${index}`);
    const outcomes = await Promise.allSettled(
      names.map((name) => firewallOf(bench, system, name).apply(name, CLAIMING)),
    );
    const winners = names.filter((_, index) => outcomes[index]?.status === 'fulfilled');
    assert.equal(winners.length, 1, winners.join());
    assert.equal(bench.loaded, winners[0]);
    for (const outcome of outcomes)
      if (outcome.status === 'rejected')
        assert.ok(isForeign(outcome.reason), String(outcome.reason));
  });
}

test('the mark is that of a network stack, since the rules are', async (bench) => {
  await firewallOf(bench, 'linux', 'first').apply('a', CLAIMING);
  const [, stack] = /\[(\d+)\]/.exec(readlinkSync('/proc/self/ns/net')) ?? [];
  assert.ok(readdirSync(join(bench.work, 'marks')).includes(`firewall-${stack}`));
});

test('no program runs for a mark that is neither taken nor left, and the others can be stopped', async (bench) => {
  const commands = told();
  let mark = '';
  const files = { ...createHostFiles(), read: () => Promise.resolve(mark) };
  const directory = join(bench.work, 'first');
  const firewall = ownedOnLinux(firewallOf(bench, 'linux', 'first'), {
    commands,
    files,
    directory,
    marks: '/marks',
  });
  await firewall.apply('', CLAIMING);
  await firewall.clear(CLAIMING);
  assert.equal(commands.lines.length, 0);
  await firewall.apply('a', CLAIMING);
  mark = directory;
  await firewall.apply('b', CLAIMING);
  await firewall.clear(CLAIMING);
  assert.deepEqual(
    commands.lines.map((line) => line.replace(/-\d+/, '-N')),
    [
      `change [klee-own] /marks/firewall-N ${directory} ''`,
      `change [klee-disown] /marks/firewall-N ${directory}`,
    ],
  );
  assert.ok(commands.options.every(({ signal }) => signal === CLAIMING.signal));
});

test('the mark of a FreeBSD host is where nothing outlives a reboot', async (bench) => {
  const commands = told();
  const firewall = firewallOf(bench, 'freebsd', 'first');
  await ownedOnFreebsd(firewall, { commands, directory: '/d' }).apply('a', CLAIMING);
  assert.deepEqual(commands.lines, [
    'read [klee-owner] /var/run/kleenet/firewall',
    "change [klee-own] /var/run/kleenet/firewall /d ''",
  ]);
});

test.run();
