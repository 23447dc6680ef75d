/** The firewall of a FreeBSD host: its text, what it asks pf, and what it makes of the answers. */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { test } from 'uvu';
import type {
  Argv,
  Cidr,
  CommandOptions,
  CommandResult,
  CommandRunner,
  Endpoint,
  FirewallIntents,
  IpAddress,
  Network,
} from '@kleenet/core';
import { KleenetError, hasCode } from '@kleenet/core/errors';
import { createFirewall } from '../src/freebsd/firewall.ts';
import { companionProblems, filterProblems } from '../src/freebsd/firewall/compare.ts';
import {
  guardEndpoint,
  guardText,
  releaseEndpoint,
  unguardedEndpoints,
} from '../src/freebsd/firewall/guard.ts';
import { anchorReasons } from '../src/freebsd/firewall/probe.ts';
import { changingPf } from '../src/freebsd/firewall/securelevel.ts';
import { renderFirewall } from '../src/freebsd/firewall/render.ts';
import { interfaceWord, labelIn, labelled, rulesIn } from '../src/freebsd/firewall/text.ts';
import { resolveUplinks } from '../src/freebsd/firewall/uplinks.ts';
import { parseInterfaces } from '../src/freebsd/ifconfig.ts';
import { parsePfConf, parseSkipped } from '../src/freebsd/pfctl.ts';
import { hostRecords, printed } from './support/freebsd-records.ts';
import { parseRules } from '@kleenet/freebsd-model/packets';
import {
  NETWORK_NAMES,
  OUTSIDE,
  PARTIES,
  inFamily,
  intentOf,
  networkOf,
  opening,
  party,
  publish,
  world,
} from './support/pf-world.ts';
import { CLAIMING } from '../../core/test/support/operations.ts';
import { SILENT_LOGGER, createRecordingLogger } from '@kleenet/core/testing';

type Answer = Partial<CommandResult>;
type Answers = Readonly<Record<string, Answer | readonly Answer[]>>;

/** A host that answers by the command line, several times the same command in turn; anything else succeeds in silence. */
class Host implements CommandRunner {
  readonly changes: string[] = [];
  readonly inputs: string[] = [];
  readonly reads: string[] = [];
  /** What a dry run would read in place of changes. */
  readonly rehearsals: string[] = [];
  readonly #answers: Map<string, Answer[]>;

  constructor(answers: Answers = {}) {
    this.#answers = new Map(
      Object.entries({ ...USABLE, ...answers }).map(([line, answer]) => [
        line,
        Array.isArray(answer) ? [...(answer as readonly Answer[])] : [answer as Answer],
      ]),
    );
  }

  async read(argv: Argv, options: CommandOptions = {}): Promise<CommandResult> {
    this.reads.push(argv.join(' '));
    return this.#answer(argv, options);
  }

  async change(argv: Argv, options: CommandOptions = {}): Promise<CommandResult> {
    this.changes.push(argv.join(' '));
    if (options.input !== undefined) this.inputs.push(options.input);
    if (options.rehearsal !== undefined) this.rehearsals.push(options.rehearsal.join(' '));
    return this.#answer(argv, options);
  }

  foreground(): never {
    throw new Error('nothing runs in the foreground');
  }

  async #answer(argv: Argv, { accept }: CommandOptions): Promise<CommandResult> {
    const answers = this.#answers.get(argv.join(' ')) ?? [{}];
    const answer = answers.length > 1 ? answers.shift() : answers[0];
    if (answer?.status === -1) throw new KleenetError('TOOL_MISSING', 'no such program', {});
    assert.equal(accept, 'any');
    return { status: 0, stdout: '', stderr: '', ...answer };
  }
}

const MAIN_NAT = 'nat-anchor "klee/*" all\nrdr-anchor "klee/*" all\n';
const SCRUB = 'scrub all fragment reassemble\n';
const MAIN_RULES = `${SCRUB}anchor "klee/*" all\n`;

/** A host whose pf is set up, and has none of our rules. */
const USABLE: Answers = {
  'pfctl -s info': { stdout: 'Status: Enabled for 0 days 00:00:00           Debug: Urgent\n' },
  'pfctl -s rules': { stdout: MAIN_RULES },
  'pfctl -s nat': { stdout: MAIN_NAT },
  'pfctl -a klee/networks -s rules': { stderr: 'pfctl: DIOCGETRULES: Invalid argument\n' },
  'pfctl -a klee/networks -s nat': { stderr: 'pfctl: DIOCGETRULES: Invalid argument\n' },
  'ifconfig -a': { stdout: printed('ifconfig -a') },
  'route -n get default': { stdout: '   route to: 0.0.0.0\n  interface: em0\n' },
  'route -n get -inet6 default': { status: 255, stderr: 'route: route has not been found\n' },
};

const WEB = intentOf('web');
const RULES = renderFirewall({ networks: [WEB, intentOf('quiet')], published: publish('web.ip1') });

/** What the host of these tests loads for them. */
const LOADED = labelled(
  resolveUplinks(RULES, {
    defaults: { ipv4: 'em0' },
    interfaces: parseInterfaces(printed('ifconfig -a')),
  }),
);

/** Answers of a host that has the rules. */
function loaded(change: Answers = {}): Answers {
  const label = labelIn(rulesIn(LOADED)) ?? '';
  const filter = `block drop in quick on ! lo from any to <klee_containers> label "${label}"\n`;
  const translation = 'nat on em0 inet from <x> to any -> (em0:0)\n';
  return {
    'pfctl -a klee/networks -nvf -': { stdout: translation + filter },
    'pfctl -a klee/networks -s rules': { stdout: filter },
    'pfctl -a klee/networks -s nat': { stdout: translation },
    'pfctl -a klee/networks -s Tables': {
      stdout: [...parseRules(LOADED).tables.keys()].map((name) => `${name}\n`).join(''),
    },
    ...change,
  };
}

function statusOf(answers: Answers): Promise<{ state: string; reasons: readonly string[] }> {
  return createFirewall(new Host(answers), SILENT_LOGGER).status();
}

test('a bridge network with a published port makes these rules', () => {
  const published = publish('web.vnet1', {}, ['ipv4']);
  assert.deepEqual(linesOf({ networks: [WEB], published }), [
    'table <klee_containers> { 10.11.0.0/24, fd11::/64, !10.11.0.1, !fd11::1 }',
    'table <klee_gateways> { 10.11.0.1, fd11::1 }',
    'table <klee_11aaaaaaaaaa> { 10.11.0.0/24, fd11::/64, !10.11.0.1, !fd11::1 }',
    'table <klee_left_11aaaaaaaaaa>',
    'no nat from <klee_left_11aaaaaaaaaa> to any',
    'nat on kln11aaaaaaaaaa inet proto tcp from <klee_11aaaaaaaaaa> to 10.11.0.21 port 80 tagged klee_published -> 10.11.0.1',
    'no nat from <klee_containers> to <klee_containers>',
    'nat on $uplink4 inet from <klee_11aaaaaaaaaa> to ! 10.11.0.0/24 -> $source4',
    'nat on $uplink6 inet6 from <klee_11aaaaaaaaaa> to ! fd11::/64 -> $source6',
    'no rdr from any to <klee_containers>',
    'rdr on ! lo inet proto tcp from any to (self) port 8080 tag klee_published -> 10.11.0.21 port 80',
    'block drop out quick from <klee_left_11aaaaaaaaaa> to any',
    'pass quick on klee inet6 proto 58 from any to { fe80::/10, ff02::/16 } icmp6-type { 135, 136 } no state',
    'pass quick on $members(kln11aaaaaaaaaa) inet6 proto 58 from any to any icmp6-type { 135, 136 } no state',
    'pass quick on kln11aaaaaaaaaa inet6 proto 58 from any to fd11::/64 icmp6-type { 135, 136 } no state',
    'block drop in quick on kln11aaaaaaaaaa from ! <klee_11aaaaaaaaaa> to any',
    'block drop in quick on $foreign4 from <klee_containers> to any',
    'block drop in quick on $foreign6 from <klee_containers> to any',
    '# network web',
    'pass out quick on lo0 inet from <klee_11aaaaaaaaaa> to 10.11.0.1',
    'pass out quick on lo0 inet6 from <klee_11aaaaaaaaaa> to fd11::1',
    'pass quick on klee from <klee_11aaaaaaaaaa> to { 224.0.0.0/4, 255.255.255.255, ff00::/8 }',
    'pass quick on $members(kln11aaaaaaaaaa) from <klee_11aaaaaaaaaa> to <klee_11aaaaaaaaaa>',
    'pass quick on klee from <klee_11aaaaaaaaaa> to <klee_11aaaaaaaaaa>',
    'pass quick on lo0 from <klee_11aaaaaaaaaa> to <klee_11aaaaaaaaaa>',
    'pass quick inet proto tcp from any to 10.11.0.21 port 80',
    'block drop in quick on ! lo from any to <klee_containers> label $digest',
    'block drop in quick on ! lo inet from ! 10.11.0.0/24 to 10.11.0.1',
    'block drop in quick on ! lo inet6 from ! fd11::/64 to fd11::1',
    'block drop out quick from <klee_containers> to <klee_containers>',
    'block drop out quick from <klee_containers> to <klee_gateways>',
    'pass in on klee from <klee_containers> to any',
    'pass in on lo0 from <klee_containers> to any',
    'pass in on lo0 from any to <klee_containers>',
    'pass out from <klee_containers> to any',
    'pass out from any to <klee_containers>',
  ]);
});

test('a loopback network without icc and an internal one on the link of others make these rules', () => {
  const quiet = intentOf('quiet', { subnets: { ipv4: '10.23.0.0/24' as Cidr } });
  const range = { interface: 'em0', hostPorts: [5000, 5010], containerPort: 4500 } as const;
  const published = publish('quiet.ip1', { protocol: 'udp', ...range }, ['ipv4']);
  assert.deepEqual(linesOf({ networks: [quiet, intentOf('cell')], published }), [
    'table <klee_containers> { 10.23.0.0/24 }',
    'table <klee_gateways> { }',
    'table <klee_23aaaaaaaaaa> { 10.23.0.0/24 }',
    'table <klee_33aaaaaaaaaa>',
    'table <klee_left_23aaaaaaaaaa>',
    'table <klee_left_33aaaaaaaaaa>',
    'no nat from <klee_left_23aaaaaaaaaa> to any',
    'no nat from <klee_left_33aaaaaaaaaa> to any',
    'no nat from <klee_containers> to <klee_containers>',
    'no nat from <klee_33aaaaaaaaaa> to <klee_containers>',
    'nat on $uplink4 inet from <klee_23aaaaaaaaaa> to ! 10.23.0.0/24 -> $source4',
    'no rdr from any to <klee_containers>',
    'no rdr from any to <klee_33aaaaaaaaaa>',
    'rdr on em0 inet proto udp from any to (em0) port 5000:5010 -> 10.23.0.11 port 4500:*',
    'block drop out quick from <klee_left_23aaaaaaaaaa> to any',
    'block drop out quick from <klee_left_33aaaaaaaaaa> to any',
    'pass quick on klee inet6 proto 58 from any to { fe80::/10, ff02::/16 } icmp6-type { 135, 136 } no state',
    'pass quick on em3 inet6 proto 58 from any to any icmp6-type { 135, 136 } no state',
    'block drop in quick on $foreign4 from <klee_containers> to any',
    '# network quiet',
    'block drop quick on klee from <klee_23aaaaaaaaaa> to { 224.0.0.0/4, 255.255.255.255, ff00::/8 }',
    '# network cell',
    'pass in quick on em3 inet from 10.33.0.0/24 to <klee_33aaaaaaaaaa>',
    'pass in quick on em3 inet6 from fd33::/64 to <klee_33aaaaaaaaaa>',
    'pass quick on lo0 from <klee_33aaaaaaaaaa> to <klee_33aaaaaaaaaa>',
    'block drop quick inet from <klee_33aaaaaaaaaa> to ! 10.33.0.0/24',
    'block drop quick inet6 from <klee_33aaaaaaaaaa> to ! fd33::/64',
    'pass in quick on em0 inet proto udp from any to 10.23.0.11 port 4500:4510',
    'pass quick on klee inet proto udp from any to 10.23.0.11 port 4500:4510',
    'pass quick on lo0 inet proto udp from any to 10.23.0.11 port 4500:4510',
    'pass in quick on kln23aaaaaaaaaa from any to <klee_23aaaaaaaaaa>',
    'block drop in quick on ! lo from any to <klee_containers> label $digest',
    'block drop out quick from <klee_containers> to <klee_containers>',
    'block drop out quick from <klee_containers> to <klee_gateways>',
    'block drop in quick on ! lo from any to <klee_33aaaaaaaaaa>',
    'block drop out quick from <klee_containers> to <klee_33aaaaaaaaaa>',
    'pass in on klee from <klee_containers> to any',
    'pass in on lo0 from <klee_containers> to any',
    'pass in on lo0 from any to <klee_containers>',
    'pass out from <klee_containers> to any',
    'pass out from any to <klee_containers>',
    'pass in on lo0 from <klee_33aaaaaaaaaa> to any',
    'pass in on lo0 from any to <klee_33aaaaaaaaaa>',
    'pass out from <klee_33aaaaaaaaaa> to any',
    'pass out from any to <klee_33aaaaaaaaaa>',
  ]);
});

function linesOf(intents: FirewallIntents): readonly string[] {
  return renderFirewall(intents).trimEnd().split('\n');
}

test('what pf says of itself is understood, as recorded', () => {
  const conf = hostRecords().find(({ command }) => command.includes('pfctl -nvf /tmp/ok.conf'));
  const main = parsePfConf(conf?.result.stdout ?? '');
  assert.deepEqual(main.skipped, ['kleene9']);
  assert.deepEqual(main.translation, [
    'nat on lo0 inet from 10.4.6.0/24 to any -> (lo0) round-robin',
    'nat-anchor "klee/*" all',
    'rdr-anchor "klee/*" all',
    'rdr on kbr0 inet proto tcp from any to 10.4.6.1 port = http-alt -> 10.4.6.2 port 80',
  ]);
  assert.equal(main.filter.at(-1), 'anchor "klee/*" all');
  assert.deepEqual(anchorReasons(main, undefined), []);
  assert.deepEqual(parseSkipped(['all', 'lo0 (skip)', 'lo', 'em0']), ['lo0']);
  assert.deepEqual(parsePfConf('set skip on { lo0 em1 }\n').skipped, ['lo0', 'em1']);
});

test('a host whose pf.conf has the lines of klee is ready', async () => {
  assert.deepEqual(await statusOf({}), { state: 'ready', reasons: [] });
});

test('what stands in the way of rules is told exactly', async () => {
  const cases: readonly (readonly [Answers, readonly RegExp[]])[] = [
    [{ 'pfctl -s info': { status: -1 } }, [/pfctl\(8\) is missing/]],
    [
      { 'pfctl -s info': { status: 1, stderr: 'pfctl: /dev/pf: No such file or directory\n' } },
      [
        /^pf is not loaded: put pf_enable="YES" into \/etc\/rc.conf, and run 'service pf start' once \/etc\/pf.conf is there$/,
      ],
    ],
    [
      { 'pfctl -s info': { status: 1, stderr: 'pfctl: /dev/pf: Permission denied\n' } },
      [/only root/],
    ],
    [{ 'pfctl -s info': { stdout: printed('pfctl -s info') } }, [/not enabled/]],
    [
      { 'pfctl -s nat': { stdout: 'nat-anchor "klee/*" all\n' } },
      [
        /^the line rdr-anchor "klee\/\*" is missing in \/etc\/pf.conf, among the translation rules/,
        /^once \/etc\/pf.conf has the line, check it with 'pfctl -nf \/etc\/pf.conf', and load it with 'pfctl -f \/etc\/pf.conf'$/,
      ],
    ],
    [
      { 'pfctl -s nat': {}, 'pfctl -s rules': { stdout: 'pass all flags S/SA keep state\n' } },
      [
        /line nat-anchor/,
        /line rdr-anchor/,
        /line anchor "klee\/\*" .*filter rules, as the first/,
        /these lines/,
      ],
    ],
    [
      { 'pfctl -s rules': { stdout: 'anchor "klee/*" on em0 all\n' } },
      [/line anchor "klee\/\*"/, /once/],
    ],
    [
      {
        'pfctl -s rules': {},
        'timeout 5 pfctl -nvf /etc/pf.conf': { stdout: MAIN_NAT + MAIN_RULES },
      },
      [
        /^\/etc\/pf.conf has the lines for klee, but they are not loaded: run 'pfctl -f \/etc\/pf.conf'$/,
      ],
    ],
  ];
  for (const [answers, patterns] of cases) {
    const { state, reasons } = await statusOf(answers);
    assert.equal(state, 'unavailable');
    assert.equal(reasons.length, patterns.length, reasons.join('\n'));
    for (const [index, pattern] of patterns.entries()) assert.match(reasons[index] ?? '', pattern);
  }
});

test('rules of the administrator that exempt containers are found, loaded or on disk', async () => {
  const skip = (line: string): Answers => ({
    'timeout 5 pfctl -nvf /etc/pf.conf': { stdout: `${line}\n` },
  });
  const ours = 'kln1: flags=8049<UP> metric 0 mtu 1500\n\tgroups: klee\n';
  const told = { 'pfctl -s Interfaces -v': { stdout: 'all\nlo0 (skip)\n' } };
  for (const answers of [told, skip('set skip on { lo0 }'), skip('set skip on { lo }')]) {
    const { state, reasons } = await statusOf(answers);
    assert.equal(state, 'degraded');
    assert.match(reasons.join(), /^'set skip on lo0?' .*write 'pass quick on lo0?' below/);
  }
  assert.equal((await statusOf(skip('set skip on { em9 }'))).state, 'ready');
  const em9 = 'em9: flags=8043<UP> metric 0 mtu 1500\n';
  const named = (name: string): Promise<{ readonly state: string }> =>
    statusOf({ ...skip(`set skip on { ${name} }`), 'ifconfig -a': { stdout: em9 + ours } });
  assert.equal((await named('kln1')).state, 'degraded');
  assert.equal((await named('em9')).state, 'ready');
});

test('a pf that does not put fragments together is named, and does all else', async () => {
  const without = { 'pfctl -s rules': { stdout: 'anchor "klee/*" all\n' } };
  const { state, reasons } = await statusOf(without);
  assert.equal(state, 'ready');
  const lost =
    'datagrams above the MTU are lost at NAT and published ports, because pf does not reassemble fragments';
  assert.deepEqual(reasons, [
    `${lost}: write the line 'scrub all fragment reassemble' into /etc/pf.conf, above all translation rules; check it with 'pfctl -nf /etc/pf.conf', and load it with 'pfctl -f /etc/pf.conf'`,
  ]);
  const onDisk = { ...without, 'timeout 5 pfctl -nvf /etc/pf.conf': { stdout: SCRUB } };
  assert.deepEqual((await statusOf(onDisk)).reasons, [
    `${lost}: /etc/pf.conf enables reassembly, but is not loaded: run 'pfctl -f /etc/pf.conf'`,
  ]);
});

test('each way in which pf puts all fragments together is known, and one with conditions is none', async () => {
  const rules = (line: string): Answers => ({
    'pfctl -s rules': { stdout: `${line}\nanchor "klee/*" all\n` },
  });
  for (const line of [
    'scrub all fragment reassemble',
    'scrub in all fragment reassemble',
    'scrub in all no-df random-id max-mss 1440 fragment reassemble',
  ])
    assert.deepEqual((await statusOf(rules(line))).reasons, [], line);
  for (const line of [
    'scrub in on em0 all fragment reassemble',
    'scrub out all fragment reassemble',
    'scrub in inet from 10.0.0.0/8 to any fragment reassemble',
    'scrub in all fragment no reassemble',
    'no scrub all',
  ])
    assert.equal((await statusOf(rules(line))).reasons.length, 1, line);
  const option = { stdout: `${''.padEnd(4)}Hostid: 0x1\nReassemble ${'yes'.padStart(24)} \n` };
  const byOption = { ...rules('pass all'), 'pfctl -v -s info': option };
  assert.deepEqual((await statusOf(byOption)).reasons, []);
});

const PFIL = 'sysctl net.link.bridge.pfil_member net.link.bridge.pfil_onlyip';
const PFIL_OFF = 'net.link.bridge.pfil_member: 0\nnet.link.bridge.pfil_onlyip: 1\n';
const UNSEEN: Answers = {
  [PFIL]: { stdout: PFIL_OFF },
  [`${PFIL} kern.securelevel`]: { stdout: `${PFIL_OFF}kern.securelevel: -1\n` },
};

/** What FreeBSD 13.2 said when the security level forbade it. */
const FORBIDDEN = { status: 1, stderr: 'pfctl: pfctl_clear_rules: Operation not permitted\n' };
const ANCHOR = 'pfctl -a klee/endpoint-0a1b2c3d4e5f';
const LOCKED: Answers = {
  [`${PFIL} kern.securelevel`]: {
    stdout: 'net.link.bridge.pfil_member: 1\nnet.link.bridge.pfil_onlyip: 1\nkern.securelevel: 3\n',
  },
  'sysctl -n kern.securelevel': { stdout: '3\n' },
  [`${ANCHOR} -f -`]: { status: 1, stderr: 'pfctl: DIOCXROLLBACK: Operation not permitted\n' },
  [`${ANCHOR} -F all`]: FORBIDDEN,
  [`${ANCHOR} -F rules`]: FORBIDDEN,
};

test('a security level that forbids changes of pf is named, and keeps nothing from going', async () => {
  const { state, reasons } = await statusOf(LOCKED);
  assert.equal(state, 'unavailable');
  assert.match(
    reasons.join('\n'),
    /^kern.securelevel is 3, .*kern_securelevel="2" in \/etc\/rc.conf/,
  );
  await assert.rejects(guardEndpoint(new Host(LOCKED), TARGETS.vnet), (error) => {
    assert.ok(hasCode(error, 'FIREWALL_UNAVAILABLE') && error.cause instanceof KleenetError);
    assert.match(error.cause.message, /DIOCXROLLBACK: Operation not permitted/);
    assert.deepEqual(error.details, { reason: 'pf-locked' });
    return /^kern.securelevel is 3/.test(error.message);
  });
  // What is not pf's refusal has another cause.
  const broken = changingPf(new Host(LOCKED), () => Promise.reject(new TypeError('a mistake')));
  await assert.rejects(broken, TypeError);
  await releaseEndpoint(new Host(LOCKED), TARGETS.vnet);
  const other = { ...LOCKED, 'sysctl -n kern.securelevel': { stdout: '2\n' } };
  await assert.rejects(releaseEndpoint(new Host(other), TARGETS.vnet), (error) =>
    hasCode(error, 'PLATFORM_COMMAND_FAILED', 'PERMISSION_DENIED'),
  );
});

test('a firewall that is not asked between the members of our bridges is not ready', async () => {
  const bridge = (groups: string): Answers => ({
    'ifconfig -a': {
      stdout: `lo0: flags=8049<UP> metric 0 mtu 16384\nkln1: flags=8843<UP> metric 0 mtu 1500\n\tgroups: ${groups}\n`,
    },
  });
  const { state, reasons } = await statusOf({ ...UNSEEN, ...bridge('bridge klee') });
  assert.equal(state, 'degraded');
  assert.match(
    reasons.join('\n'),
    /^the kernel setting net.link.bridge.pfil_member is 0, not 1, .*'klee system repair' sets it$/,
  );
  for (const groups of ['bridge', 'klee'])
    assert.equal((await statusOf({ ...UNSEEN, ...bridge(groups) })).state, 'ready', groups);
});

test('a sender whose packets pf would not look at is not let in', async () => {
  const host = new Host(UNSEEN);
  await assert.rejects(guardEndpoint(host, TARGETS.vnet), (error) => {
    assert.ok(hasCode(error, 'FIREWALL_UNAVAILABLE') && /pfil_member is 0/.test(error.message));
    assert.deepEqual(error.details, { settings: ['net.link.bridge.pfil_member'] });
    return true;
  });
  assert.deepEqual(host.changes, []);
  await guardEndpoint(new Host(UNSEEN), TARGETS.quiet);
  const noPf = { 'pfctl -s info': { status: -1 } };
  await guardEndpoint(new Host({ ...UNSEEN, ...noPf }), TARGETS.vnet);
});

test('rules are loaded as a whole, or checked in a dry run, and the log says why', async () => {
  const host = new Host();
  const logger = createRecordingLogger();
  await createFirewall(host, logger).apply(RULES, CLAIMING);
  assert.match(logger.debugged.join('\n'), /the firewall rules are missing in the pf anchor/);
  assert.deepEqual(host.changes, ['pfctl -a klee/networks -f -']);
  assert.deepEqual(host.inputs, [LOADED]);
  assert.deepEqual(host.rehearsals, ['pfctl -a klee/networks -nf -']);
});

test('rules that are loaded are not loaded again, and rules of another state are', async () => {
  const apply = async (answers: Answers): Promise<number> => {
    const host = new Host(answers);
    await createFirewall(host, SILENT_LOGGER).apply(RULES, CLAIMING);
    return host.changes.length;
  };
  assert.equal(await apply(loaded()), 0);
  const other = { stdout: 'block drop in quick all label "klee:000000000000"\n' };
  assert.equal(await apply(loaded({ 'pfctl -a klee/networks -s rules': other })), 1);
  assert.equal(await apply(loaded({ 'pfctl -a klee/networks -s nat': {} })), 1);
  assert.equal(await apply(loaded({ 'pfctl -a klee/networks -s Tables': {} })), 1);
  const moved = { stdout: '  interface: em7\n' };
  assert.equal(await apply(loaded({ 'route -n get default': moved })), 1);
});

test('whether rules are loaded is seen by their label, and by what was loaded with them', async () => {
  const isLoaded = async (answers: Answers): Promise<boolean> => {
    const host = new Host(answers);
    const known = await createFirewall(host, SILENT_LOGGER).isLoaded(Promise.resolve(RULES));
    assert.ok(
      !host.reads.some((line) => line.endsWith(' -nvf -')),
      'it takes too long at each start',
    );
    return known;
  };
  assert.equal(await isLoaded(loaded()), true);
  assert.equal(await isLoaded({}), false);
  // A pf that is not enabled applies none.
  const disabled = { 'pfctl -s info': { stdout: printed('pfctl -s info') } };
  assert.equal(await isLoaded(loaded(disabled)), false);
  const other = { stdout: 'block drop in quick all label "klee:000000000000"\n' };
  assert.equal(await isLoaded(loaded({ 'pfctl -a klee/networks -s rules': other })), false);
  assert.equal(await isLoaded(loaded({ 'pfctl -a klee/networks -s nat': {} })), false);
});

test('rules that pf refuses are not loaded', async () => {
  const refused = { status: 1, stderr: 'stdin:1: syntax error\n' };
  const host = new Host({ 'pfctl -a klee/networks -f -': refused });
  await assert.rejects(
    createFirewall(host, SILENT_LOGGER).apply(RULES, CLAIMING),
    (error: unknown) => {
      assert.ok(hasCode(error, 'PLATFORM_COMMAND_FAILED'));
      assert.match(error.message, /could not be loaded.*syntax error/);
      return true;
    },
  );
  assert.deepEqual(host.changes, ['pfctl -a klee/networks -f -']);
});

test('a load that meets another one is tried again, and not for ever', async () => {
  const busy = { status: 1, stderr: 'pfctl: DIOCADDRULE: Device busy\n' };
  const host = new Host({ 'pfctl -a klee/networks -f -': [busy, busy, {}] });
  await createFirewall(host, SILENT_LOGGER).apply(RULES, CLAIMING);
  assert.equal(host.changes.length, 3);
  const stuck = new Host({ 'pfctl -a klee/networks -f -': busy });
  await assert.rejects(createFirewall(stuck, SILENT_LOGGER).apply(RULES, CLAIMING), /Device busy/);
});

test('without networks nothing of ours is left, and what is not ours stays', async () => {
  const anchors =
    'klee/endpoint-0a1b2c3d4e5f\n  klee/networks\n  klee/local\n  klee/networks/x\n  klee/klee/networks\n';
  const host = new Host({ 'pfctl -a klee -s Anchors': { stdout: `  ${anchors}` } });
  await createFirewall(host, SILENT_LOGGER).apply(
    renderFirewall({ networks: [], published: [] }),
    CLAIMING,
  );
  assert.deepEqual(host.changes, [
    'pfctl -a klee/endpoint-0a1b2c3d4e5f -F all',
    'pfctl -a klee/networks -F all',
  ]);
  const absent = new Host({ 'pfctl -s info': { status: -1 } });
  await createFirewall(absent, SILENT_LOGGER).clear(CLAIMING);
  assert.deepEqual([...absent.changes, ...absent.reads], ['pfctl -s info']);
});

test('differences are told one by one', async () => {
  const observe = (answers: Answers): Promise<readonly string[]> =>
    createFirewall(new Host(answers), SILENT_LOGGER).observe(RULES);
  assert.deepEqual(await observe(loaded()), []);
  assert.deepEqual(await observe({}), [
    'the firewall rules are missing in the pf anchor klee/networks',
  ]);
  const tables = {
    stdout:
      'klee_containers\nklee_gateways\nklee_11aaaaaaaaaa\nklee_left_11aaaaaaaaaa\nklee_left_23aaaaaaaaaa\n',
  };
  assert.deepEqual(await observe(loaded({ 'pfctl -a klee/networks -s Tables': tables })), [
    'the firewall table klee_23aaaaaaaaaa is missing in the pf anchor klee/networks',
  ]);
  assert.match((await observe(loaded({ 'pfctl -a klee/networks -s nat': {} }))).join(), /NAT/);
  const skip = {
    'timeout 5 pfctl -nvf /etc/pf.conf': { stdout: 'set skip on { kln11aaaaaaaaaa }\n' },
  };
  assert.match((await observe(loaded(skip))).join(), /^'set skip on kln11aaaaaaaaaa'/);
  assert.deepEqual(filterProblems('', []), []);
  assert.deepEqual(companionProblems('', { translation: [], tables: [] }), []);
});

const TARGETS = {
  vnet: target('web', 'own', { hostInterface: 'epair1000a' }),
  ipnet: target('web', 'restricted'),
  apart: target('apart', 'restricted'),
  quiet: target('quiet', 'restricted'),
  lan: target('lan', 'restricted'),
};

function target(
  name: Parameters<typeof intentOf>[0],
  stack: 'own' | 'restricted',
  more: { readonly hostInterface?: string } = {},
): Parameters<typeof guardText>[0] {
  const { id, type, icc, interface: device } = intentOf(name);
  const addresses = {
    ipv4: inFamily(party(`${name}.ip1`), 'ipv4') as IpAddress,
    ipv6: inFamily(party(`${name}.ip1`), 'ipv6') as IpAddress,
  };
  return {
    network: { id, name, type, icc, interface: device } as Network,
    endpoint: { id: '0a1b2c3d4e5f', addresses } as Endpoint,
    sandbox: { name: 'klee-0a1b2c3d4e5f', stack },
    ...more,
  };
}

test('endpoints have these rules', () => {
  assert.deepEqual(rulesIn(guardText(TARGETS.vnet)).map(unlabelled), [
    'pass in quick on epair1000a inet6 proto 58 from { fd11::b, fe80::/10, ::/128 } to any icmp6-type { 135, 136 } no state',
    'block drop in quick on epair1000a inet proto udp from any port 67 to any port 68',
    'block drop in quick on epair1000a inet6 proto udp from any port 547 to any port 546',
    'block drop in quick on epair1000a inet from ! 10.11.0.11 to any',
    'block drop in quick on epair1000a inet6 from ! fd11::b to any',
  ]);
  const { network, sandbox, hostInterface = '' } = TARGETS.vnet;
  const single = { id: '0a1b2c3d4e5f', addresses: { ipv4: '10.11.0.11' } } as Endpoint;
  const single6 = { id: '0a1b2c3d4e5f', addresses: { ipv6: 'fd11::b' } } as Endpoint;
  const senders = (endpoint: Endpoint): readonly string[] =>
    rulesIn(guardText({ network, sandbox, hostInterface, endpoint })).slice(-2).map(unlabelled);
  assert.deepEqual(senders(single), [
    'block drop in quick on epair1000a inet from ! 10.11.0.11 to any',
    'block drop in quick on epair1000a inet6 from any to any',
  ]);
  assert.deepEqual(senders(single6), [
    'block drop in quick on epair1000a inet from any to any',
    'block drop in quick on epair1000a inet6 from ! fd11::b to any',
  ]);
  // There is nothing to write rules about while it has no epair.
  assert.equal(guardText({ network, sandbox, endpoint: single }), '');
  // For people who read the rules.
  assert.match(guardText(TARGETS.vnet), /^# 10\.11\.0\.11 fd11::b on network web\n/);
  assert.match(guardText(TARGETS.apart), /^# 10\.13\.0\.11 fd13::b on network apart\n/);
  assert.equal(guardText(TARGETS.ipnet), '');
  assert.equal(guardText(TARGETS.lan), '');
  assert.deepEqual(rulesIn(guardText(TARGETS.apart)).map(unlabelled), [
    'pass quick on lo0 inet from 10.13.0.11 to 10.13.0.11',
    'pass quick on lo0 inet6 from fd13::b to fd13::b',
  ]);
  assert.deepEqual(rulesIn(guardText(TARGETS.quiet)).map(unlabelled), [
    'pass quick on lo0 inet from 10.23.0.11 to 10.23.0.11',
    'pass quick on kln23aaaaaaaaaa inet from 10.23.0.11 to 10.23.0.11',
    'pass quick on lo0 inet6 from fd23::b to fd23::b',
    'pass quick on kln23aaaaaaaaaa inet6 from fd23::b to fd23::b',
  ]);
  const alone = rulesIn(guardText({ ...TARGETS.apart, endpoint: single }));
  assert.deepEqual(alone.map(unlabelled), ['pass quick on lo0 inet from 10.11.0.11 to 10.11.0.11']);
  for (const rules of [alone, rulesIn(guardText(TARGETS.vnet))])
    assert.match(labelIn(rules) ?? '', /^klee:/);
});

function unlabelled(rule: string): string {
  return rule.replace(/ label "klee:[0-9a-f]{12}"$/, '');
}

test('a driver guards and releases an endpoint by one or two commands, and reloads nothing', async () => {
  const run = async (name: keyof typeof TARGETS): Promise<readonly string[]> => {
    const host = new Host();
    await guardEndpoint(host, TARGETS[name], CLAIMING.signal);
    await releaseEndpoint(host, TARGETS[name], CLAIMING.signal);
    return host.changes;
  };
  const anchor = 'pfctl -a klee/endpoint-0a1b2c3d4e5f';
  assert.deepEqual(await run('vnet'), [`${anchor} -f -`, `${anchor} -F all`]);
  assert.deepEqual(await run('quiet'), [`${anchor} -f -`, `${anchor} -F all`]);
  assert.deepEqual(await run('ipnet'), []);
  const plain = new Host();
  await guardEndpoint(plain, TARGETS.ipnet);
  await releaseEndpoint(plain, TARGETS.ipnet);
  assert.deepEqual(plain.reads, [
    'pfctl -s info',
    'pfctl -a klee/networks -t klee_left_11aaaaaaaaaa -T show',
  ]);
  assert.deepEqual(await unguardedEndpoints(plain, [TARGETS.ipnet]), []);
  const idle = new Host();
  assert.deepEqual(await unguardedEndpoints(idle, []), []);
  await releaseEndpoint(idle, TARGETS.ipnet);
  assert.deepEqual(idle.reads, []);
  const table = 'pfctl -a klee/networks -t klee_31aaaaaaaaaa -T';
  assert.deepEqual(await run('lan'), [
    `${table} add 10.31.0.11 fd31::b`,
    `${table} delete 10.31.0.11 fd31::b`,
  ]);
});

test('an endpoint that is gone already, and a host without pf, are released in silence', async () => {
  const gone = new Host({
    'pfctl -a klee/networks -t klee_31aaaaaaaaaa -T delete 10.31.0.11 fd31::b': {
      status: 255,
      stderr: 'pfctl: Unknown error: -1.\n',
    },
    'pfctl -a klee/endpoint-0a1b2c3d4e5f -F all': {
      stderr: 'rules cleared\nnat cleared\npfctl: Anchor or Ruleset does not exist.\n',
    },
  });
  await releaseEndpoint(gone, TARGETS.lan);
  await releaseEndpoint(gone, TARGETS.vnet);
  assert.equal(gone.changes.length, 2);
  const without = new Host({
    'pfctl -s info': { status: 1, stderr: 'pfctl: /dev/pf: No such file or directory\n' },
  });
  await guardEndpoint(without, TARGETS.vnet);
  await releaseEndpoint(without, TARGETS.vnet);
  assert.deepEqual(await unguardedEndpoints(without, [TARGETS.vnet]), []);
  assert.deepEqual(without.changes, []);
  // Where pf is there, but not set up, guards wait for that; members of tables without rules do not.
  const disabled = new Host({ 'pfctl -s info': { stdout: printed('pfctl -s info') } });
  for (const name of ['vnet', 'lan'] as const) {
    await guardEndpoint(disabled, TARGETS[name]);
    await releaseEndpoint(disabled, TARGETS[name]);
  }
  assert.deepEqual(disabled.changes, [
    'pfctl -a klee/endpoint-0a1b2c3d4e5f -f -',
    'pfctl -a klee/endpoint-0a1b2c3d4e5f -F all',
    'pfctl -a klee/networks -t klee_31aaaaaaaaaa -T delete 10.31.0.11 fd31::b',
  ]);
});

test('an anchor without rules that filter tells that somebody took the rules of networks away', async () => {
  const rules = 'pfctl -a klee/networks -s rules';
  const had = (answer: Answer): Promise<boolean> =>
    createFirewall(new Host({ ...loaded(), [rules]: answer }), SILENT_LOGGER).apply(
      RULES,
      CLAIMING,
    );
  assert.equal(await had({ stdout: 'block drop in quick from any to any label "x"\n' }), true);
  assert.equal(await had({ stdout: '' }), false);
});

test('an anchor that goes with its rules is flushed, though FreeBSD 15 then fails for its tables', async () => {
  const cleared = 'Ethernet rules cleared\nrules cleared\nnat cleared\n';
  const flush = 'pfctl -a klee/endpoint-0a1b2c3d4e5f -F all';
  const failing = { status: 1, stderr: `${cleared}pfctl: Operation not supported by device\n` };
  const host = new Host({ [flush]: failing });
  await releaseEndpoint(host, TARGETS.vnet);
  assert.deepEqual(host.changes, [flush]);
  // The same error before the rules were cleared is one.
  for (const stderr of [
    'pfctl: Operation not supported by device\n',
    'Ethernet rules cleared\npfctl: Operation not supported by device\n',
  ]) {
    const refusing = new Host({ [flush]: { status: 1, stderr } });
    await assert.rejects(releaseEndpoint(refusing, TARGETS.vnet), /command failed/);
  }
});

test('endpoints that the firewall does not know are found', async () => {
  const rules = 'pfctl -a klee/endpoint-0a1b2c3d4e5f -s rules';
  const table = 'pfctl -a klee/networks -t klee_31aaaaaaaaaa -T show';
  const expanded = {
    'pfctl -a klee/endpoint-0a1b2c3d4e5f -nvf -': { stdout: guardText(TARGETS.vnet) },
  };
  const unguarded = async (name: keyof typeof TARGETS, answers: Answers = {}): Promise<boolean> =>
    (await unguardedEndpoints(new Host({ ...expanded, ...answers }), [TARGETS[name]])).length > 0;
  assert.equal(await unguarded('ipnet'), false);
  assert.equal(await unguarded('vnet'), true);
  assert.equal(
    await unguarded('vnet', { [rules]: { stdout: rulesIn(guardText(TARGETS.vnet)).join('\n') } }),
    false,
  );
  const other = { ...TARGETS.vnet, hostInterface: 'epair7a' };
  assert.equal(await unguarded('vnet', { [rules]: { stdout: guardText(other) } }), true);
  assert.equal(await unguarded('lan', { [table]: { stdout: '   10.31.0.11\n' } }), true);
  assert.equal(
    await unguarded('lan', { [table]: { stdout: '   10.31.0.11\n   fd31::b\n' } }),
    false,
  );
});

test('interfaces are named so that no name is taken for a word of pf.conf', () => {
  assert.equal(interfaceWord('em0'), 'em0');
  assert.equal(interfaceWord('kln0a1b2c3d4e5f'), 'kln0a1b2c3d4e5f');
  for (const name of ['pass', 'inet6', 'in', 'lan', '9abc', 'a.b', 'vlan-5', 'em0.5', '5em0'])
    assert.equal(interfaceWord(name), `"${name}"`);
  assert.throws(() => interfaceWord('a"b'), TypeError);
  const networks = [intentOf('web', { interface: 'pass', natInterface: 'out' })];
  const rules = parseRules(
    labelled(
      resolveUplinks(
        renderFirewall({ networks, published: publish('web.vnet1', { interface: 'to' }) }),
        { defaults: {}, interfaces: [] },
      ),
    ),
  );
  assert.ok(rules.filter.some(({ on }) => on?.name === 'pass'));
  assert.ok(rules.translation.some(({ on }) => on?.name === 'to'));
});

test('the label tells rules apart, and nothing else', () => {
  const text = renderFirewall({ networks: [WEB], published: [] });
  const label = (rules: string): string | undefined => labelIn(rulesIn(labelled(rules)));
  assert.equal(label(text), label(renderFirewall({ networks: [{ ...WEB }], published: [] })));
  assert.notEqual(
    label(text),
    label(renderFirewall({ networks: [{ ...WEB, nat: false }], published: [] })),
  );
  assert.match(label(text) ?? '', /^klee:[0-9a-f]{12}$/);
});

const CONTAINERS = [...PARTIES.values()].filter(({ kind }) => kind === 'ipnet' || kind === 'vnet');

test('whatever the networks, they are apart, and internal ones stay inside', () => {
  const kind = fc.record({ icc: fc.boolean(), internal: fc.boolean(), nat: fc.boolean() });
  fc.assert(
    fc.property(
      fc.array(kind, { minLength: NETWORK_NAMES.length, maxLength: NETWORK_NAMES.length }),
      fc.constantFrom(...CONTAINERS),
      fc.constantFrom(...CONTAINERS),
      fc.constantFrom('ipv4' as const, 'ipv6' as const),
      (kinds, from, to, family) => {
        const networks = NETWORK_NAMES.map((name, index) => intentOf(name, kinds[index]));
        const host = world({ unguarded: true, intents: { networks } });
        const connect = (destination: string): boolean =>
          'reached' in host.connect(from, opening({ source: inFamily(from, family), destination }));
        const network = networks.find(({ name }) => name === networkOf(from.name));
        if (from.name !== to.name) {
          const together = networkOf(from.name) === networkOf(to.name) && network?.icc === true;
          // Without their guards, neighbours on one bridge are told apart by nothing.
          assert.equal(connect(inFamily(to, family)), together);
        }
        if (network?.nat === true && !network.internal) assert.ok(connect(OUTSIDE[family]));
        if (network?.internal === true) assert.ok(!connect(OUTSIDE[family]));
      },
    ),
    { numRuns: 60 },
  );
});

test.run();
