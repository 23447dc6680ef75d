/** Who may send at a port of a bridge, as the kernel is told and as it is read back; and whether the host has a firewall at all. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { CommandResult, CommandRunner, IpAddress, MacAddress } from '@kleenet/core';
import { KleenetError, hasCode } from '@kleenet/core/errors';
import { SILENT_LOGGER } from '@kleenet/core/testing';
import { CLAIMING } from '../../core/test/support/operations.ts';
import { createFirewall } from '../src/linux/firewall.ts';
import { firewallRefusal } from '../src/linux/firewall/probe.ts';
import {
  guardPort,
  guardText,
  hasNft,
  portStates,
  releasePort,
  releaseText,
  restrictPort,
} from '../src/linux/firewall/senders.ts';
import { shapeOf } from '../src/linux/firewall/text.ts';
import { told } from './support/told.ts';
import type { Answers, Told } from './support/told.ts';
import { hostFiles } from './support/host-files.ts';

const PORT = {
  interface: 'kle0123456789ab',
  mac: '02:00:00:00:00:01' as MacAddress,
  addresses: ['10.1.0.2', 'fd01::2'] as IpAddress[],
};
const REFUSED: readonly [string, Partial<CommandResult>] = [
  'nft -c',
  { status: 1, stderr: '\n  Error: Operation not supported\nmore\n' },
];
const fails = (stderr: string): readonly [string, Partial<CommandResult>] => [
  'nft -f -',
  { status: 1, stderr },
];

/** The elements of a port, as nft(8) lists them: in JSON, numbers without leading zeros. */
const OWN: Readonly<Record<string, readonly (readonly [unknown, ...unknown[]])[]>> = {
  macs: [['kle0123456789ab', '02:00:00:00:00:01']],
  discovered_macs: [['kle0123456789ab', 2199023255553]],
  senders4: [['kle0123456789ab', '02:00:00:00:00:01', '10.1.0.2']],
  senders6: [['kle0123456789ab', '02:00:00:00:00:01', 'fd01::2']],
  discovered_targets: [['kle0123456789ab', '0xfd010000000000000000000000000002']],
};

function listing(sets: typeof OWN): Answers[number] {
  const listed = Object.entries(sets).map(([name, elements]) => ({
    set: { name, elem: elements.map((concat) => ({ concat })) },
  }));
  return ['list table bridge klee', { stdout: JSON.stringify({ nftables: listed }) }];
}

/** What the kernel was told, without the check whether it takes rules. */
const changes = ({ lines }: Told): readonly string[] =>
  lines.filter((line) => line.startsWith('change'));

/** A host without nft(8). */
function without(): CommandRunner {
  const missing = (): Promise<never> =>
    Promise.reject(new KleenetError('TOOL_MISSING', 'no nft', { hint: '' }));
  return { ...told(), read: missing, change: missing };
}

test('the sets of senders are declared before their first element', () => {
  const declared = guardText(PORT)
    .split('\n')
    .filter((line) => !line.startsWith('add'));
  assert.deepEqual(declared, [
    'table bridge klee {',
    '\tset macs { type ifname . ether_addr; }',
    '\tset senders4 { type ifname . ether_addr . ipv4_addr; }',
    '\tset senders6 { type ifname . ether_addr . ipv6_addr; }',
    // The bits of the packet that are compared decide about the type.
    '\tset discovered_macs { typeof iifname . @nh,528,48; }',
    '\tset discovered_targets { typeof iifname . @nh,384,128; }',
    '}',
    '',
  ]);
});

test('a port is guarded and released by one atomic change each', async () => {
  const commands = told();
  await guardPort(commands, PORT);
  await releasePort(commands, PORT);
  assert.deepEqual(commands.lines, [
    `change nft -f - <<${JSON.stringify(guardText(PORT))}`,
    `change nft -f - <<${JSON.stringify(releaseText(PORT))}`,
  ]);
  const [first = '', second = ''] = releaseText(PORT).split('\n');
  assert.equal(second, first.replace('add', 'delete'), 'deleting what is missing would fail');
});

for (const [name, work] of [
  ['guarded', guardPort],
  ['released', releasePort],
] as const) {
  test(`a port is ${name} in vain where there is no firewall, and nowhere else`, async () => {
    await work(without(), PORT);
    await work(told([REFUSED, fails('Error: Operation not supported')]), PORT);
    await assert.rejects(work(told([fails('Error: Out of memory')]), PORT), (error) =>
      hasCode(error, 'PLATFORM_COMMAND_FAILED'),
    );
    const change = (): Promise<never> => Promise.reject(new TypeError('broken'));
    for (const answers of [[], [REFUSED]])
      await assert.rejects(work({ ...told(answers), change }, PORT), TypeError);
  });
}

test('a port is released although its table is gone, but guarded only with it', async () => {
  const gone = fails('Error: No such file or directory');
  const commands = told([gone]);
  await releasePort(commands, PORT);
  assert.equal(commands.lines.length, 1, 'nothing else is asked');
  await assert.rejects(guardPort(told([gone]), PORT), (error) =>
    hasCode(error, 'PLATFORM_COMMAND_FAILED'),
  );
});

test('nft(8) is there, whether it works or not, unless it cannot be run', async () => {
  const commands = told([listing(OWN)]);
  assert.equal(await hasNft(commands), true);
  assert.deepEqual(commands.lines, ['read nft -j list table bridge klee']);
  const failing = { status: 1, stderr: 'Error: Operation not permitted' };
  assert.equal(await hasNft(told([['list table', failing]])), true);
  assert.equal(await hasNft(without()), false);
  const broken = { ...told(), read: () => Promise.reject(new TypeError('broken')) };
  await assert.rejects(hasNft(broken), TypeError);
});

test('a port is guarded when each of its senders is there, and no other', async () => {
  const state = async (sets: typeof OWN): Promise<unknown> =>
    portStates(told([listing(sets)]), [PORT]);
  const { interface: name } = PORT;
  assert.deepEqual(await state(OWN), [{ interface: name, guarded: true, foreign: [] }]);
  for (const set of Object.keys(OWN)) {
    const lacking = { ...OWN, [set]: [['another', '02:00:00:00:00:09']] as const };
    assert.deepEqual(
      await state(lacking),
      [{ interface: name, guarded: false, foreign: [] }],
      `without its element of ${set}`,
    );
  }
  const more = { ...OWN, macs: [...(OWN['macs'] ?? []), [name, '02:00:00:00:00:02'] as const] };
  assert.deepEqual(await state(more), [
    { interface: name, guarded: true, foreign: [`macs ${name} . 02:00:00:00:00:02`] },
  ]);
});

test('elements of another form are nobody’s, and without a table there are none', async () => {
  const odd = JSON.stringify({
    nftables: [{ set: { name: 'macs', elem: [null, 'x', { a: 1 }, { concat: ['port0x1'] }] } }],
  });
  for (const answers of [
    [['list table', { stdout: odd }]],
    [['list table', { status: 1, stderr: 'Error: No such file or directory' }]],
  ] as const) {
    assert.deepEqual(await portStates(told(answers), [PORT]), [
      { interface: PORT.interface, guarded: false, foreign: [] },
    ]);
  }
  assert.deepEqual(await portStates(told([REFUSED]), [PORT]), []);
});

test('only senders of the port that are not its own are removed from it', async () => {
  const { interface: name } = PORT;
  const foreign = {
    macs: [...(OWN['macs'] ?? []), [name, '02:00:00:00:00:02'], ['kle2', '02:00:00:00:00:02']],
    senders4: [[name, '02:00:00:00:00:01', '10.1.0.9']],
  } as typeof OWN;
  const commands = told([listing({ ...OWN, ...foreign })]);
  await restrictPort(commands, PORT);
  const text = [
    `delete element bridge klee macs { "${name}" . 02:00:00:00:00:02 }\n`,
    `delete element bridge klee senders4 { "${name}" . 02:00:00:00:00:01 . 10.1.0.9 }\n`,
  ].join('');
  assert.deepEqual(changes(commands), [`change nft -f - <<${JSON.stringify(text)}`]);
  const target = [name, '0xfd0100000000000000000000000000ab'] as const;
  const targets = [...(OWN['discovered_targets'] ?? []), target];
  const single = told([listing({ ...OWN, discovered_targets: targets })]);
  await restrictPort(single, PORT);
  const one = `delete element bridge klee discovered_targets { "${target[0]}" . ${target[1]} }\n`;
  assert.deepEqual(changes(single), [`change nft -f - <<${JSON.stringify(one)}`]);
  for (const answers of [[listing(OWN)], [REFUSED, listing(foreign)]]) {
    const other = told(answers);
    await restrictPort(other, PORT);
    assert.deepEqual(changes(other), []);
  }
});

test('the kernel is asked once whether it takes every kind of rule, and again after a failure', async () => {
  const commands = told([REFUSED]);
  const reason = 'nft(8) refuses the rules that klee needs: Error: Operation not supported';
  assert.equal(await firewallRefusal(commands), reason);
  assert.equal(await firewallRefusal(commands), reason);
  assert.equal(commands.lines.length, 1);
  // Elements of every kind: a kernel may know a set, and not what is put there.
  const [, asked = ''] = (commands.lines[0] ?? '').split(' <<');
  const sets = [...shapeOf(JSON.parse(asked) as string, 'inet klee').sets];
  assert.deepEqual(Object.fromEntries(sets.filter(([, elements]) => elements.length > 0)), {
    bridges: ['"klnsample"'],
    icc_bridges: ['"klnsample" . "klnsample"'],
    published_links: ['"klc000000000000"', '"klnsample"'],
    subnets4_24: ['192.0.2.0'],
    bridged4_24: ['"klnsample" . 192.0.2.0'],
    same4_24: ['192.0.2.0 . 192.0.2.0'],
    icc4_24: ['192.0.2.0 . 192.0.2.0'],
    hairpin4_24: ['"klnsample" . 192.0.2.0'],
    nat4_24: ['192.0.2.0'],
    ports4: ['tcp . 1 : 192.0.2.2 . 1'],
    publishing4: ['192.0.2.2'],
    open4: ['192.0.2.2 . tcp . 1'],
    itself4: ['192.0.2.2 . 192.0.2.2'],
    subnets6_64: ['2001:db8::'],
    bridged6_64: ['"klnsample" . 2001:db8::'],
    same6_64: ['2001:db8:: . 2001:db8::'],
    icc6_64: ['2001:db8:: . 2001:db8::'],
    hairpin6_64: ['"klnsample" . 2001:db8::'],
    nat6_64: ['2001:db8::'],
    ports6: ['tcp . 1 : 2001:db8::2 . 1'],
    publishing6: ['2001:db8::2'],
    open6: ['2001:db8::2 . tcp . 1'],
    itself6: ['2001:db8::2 . 2001:db8::2'],
  });
  for (const rule of [
    'iifname . oifname @icc_bridges accept',
    'ip saddr & 255.255.255.0 . ip daddr & 255.255.255.0 @icc4_24 accept',
    'ct status dnat oifname . ip saddr & 255.255.255.0 @hairpin4_24 masquerade',
    'ip6 saddr & ffff:ffff:ffff:ffff:0:0:0:0 @subnets6_64 drop',
  ])
    assert.ok((JSON.parse(asked) as string).includes(`\t${rule}\n`), rule);
  assert.match((await firewallRefusal(without())) ?? '', /^nft\(8\) is missing/);
  let count = 0;
  const failing: CommandRunner = {
    ...told(),
    read: () => {
      count += 1;
      return Promise.reject(new TypeError('broken'));
    },
  };
  await assert.rejects(firewallRefusal(failing), TypeError);
  await assert.rejects(firewallRefusal(failing), TypeError);
  assert.equal(count, 2);
});

const firewall = (commands: CommandRunner): ReturnType<typeof createFirewall> =>
  createFirewall({ commands, files: hostFiles(), logger: SILENT_LOGGER });

test('a firewall is ready when the kernel takes its rules', async () => {
  assert.deepEqual(await firewall(told()).status(), { state: 'ready', reasons: [] });
  const { state, reasons } = await firewall(told([REFUSED])).status();
  assert.equal(state, 'unavailable');
  assert.match(reasons.join(), /Operation not supported/);
});

test('rules that the kernel does not take are an error that says so', async () => {
  const commands = told([fails('Error: Operation not supported')]);
  await assert.rejects(firewall(commands).apply('', CLAIMING), (error) => {
    assert.match(String(error), /firewall rules could not be loaded/);
    return true;
  });
});

test('clearing deletes both tables, whether they are there or not', async () => {
  const commands = told();
  await firewall(commands).clear(CLAIMING);
  const text =
    'add table inet klee\ndelete table inet klee\nadd table bridge klee\ndelete table bridge klee\n';
  assert.deepEqual(commands.lines, [`change nft -f - <<${JSON.stringify(text)}`]);
});

test.run();
