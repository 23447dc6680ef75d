/** Rules and tables of pf as the modelled hosts understand them, and changed behind klee's back. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { FirewallIntents, FirewallPlatform } from '@kleenet/core';
import { createFreebsdHost } from '@kleenet/freebsd-model';
import type { FreebsdHost } from '@kleenet/freebsd-model';
import { createFirewall } from '../src/freebsd/firewall.ts';
import { contentProblems, exactProblems, parseExpansion } from '../src/freebsd/firewall/exact.ts';
import { NETWORKS_ANCHOR, renderFirewall } from '../src/freebsd/firewall/render.ts';
import { labelIn, labelled } from '../src/freebsd/firewall/text.ts';
import { resolveUplinks } from '../src/freebsd/firewall/uplinks.ts';
import { intentOf, NETWORK_NAMES, publish } from './support/pf-world.ts';
import { told } from './support/told.ts';
import { CLAIMING } from '../../core/test/support/operations.ts';
import { SILENT_LOGGER } from '@kleenet/core/testing';
const RULES = renderFirewall({
  networks: [intentOf('web'), intentOf('quiet')],
  published: publish('web.ip1'),
});
const ANCHOR = 'klee/networks';

const EVERY_KIND: FirewallIntents = {
  networks: NETWORK_NAMES.map((name) => intentOf(name)),
  published: [
    ...publish('web.vnet1'),
    ...publish('web.ip1', { protocol: 'udp', hostPorts: [5000, 5010], containerPort: 4000 }),
    ...publish('loop.ip1', { interface: 'em0' }),
    ...publish('lan.ip1', { hostPorts: [53, 53], containerPort: 53 }),
  ],
};

test('all rules of klee are understood, and come back with their label', () => {
  const text = labelled(
    resolveUplinks(renderFirewall(EVERY_KIND), {
      defaults: { ipv4: 'em0', ipv6: 'em0' },
      interfaces: [],
    }),
  );
  const host = createFreebsdHost();
  for (const option of ['-nf', '-f']) {
    const { status, stderr } = host.run(['pfctl', '-a', NETWORKS_ANCHOR, option, '-'], text);
    assert.equal(`${stderr}${status}`, '0');
  }
  const shown = (what: string): readonly string[] =>
    host.run(['pfctl', '-a', NETWORKS_ANCHOR, '-s', what]).stdout.split('\n').filter(Boolean);
  const [nat, rules] = [shown('nat'), shown('rules')];
  assert.match(labelIn(rules) ?? '', /^klee:/);
  assert.ok(nat.some((line) => /^nat on em0 inet from <klee_\w+> to ! 10\./.test(line)));
  assert.ok(nat.some((line) => line.endsWith('-> 10.11.0.11 port 4000:4010')));
  assert.ok(nat.some((line) => line.includes('port = domain -> fd31::b port 53')));
  assert.ok(rules.includes('block drop out quick from <klee_containers> to <klee_containers>'));
});

interface Loaded {
  readonly host: FreebsdHost;
  readonly firewall: FirewallPlatform;
}

async function loaded(release: string): Promise<Loaded> {
  const host = createFreebsdHost({ release });
  const firewall = createFirewall(host.process().commands, SILENT_LOGGER);
  await firewall.apply(RULES, CLAIMING);
  assert.deepEqual(await firewall.observe(RULES), []);
  return { host, firewall };
}

/** The rules of the anchor as they are, with something changed by hand. */
function tamper({ host }: Loaded, change: (rules: string[], nat: string[]) => void): void {
  const { rules = [], nat = [] } = host.state.pf.anchors[ANCHOR] ?? {};
  change(rules, nat);
}

const CHANGES: readonly {
  readonly title: string;
  readonly sentences: RegExp;
  readonly change: (host: Loaded) => void;
}[] = [
  {
    title: 'a rule that was replaced by another',
    sentences:
      /^the pf anchor klee\/networks lacks the rule: block drop out quick from <klee_containers> to <klee_gateways>\nthe pf anchor klee\/networks has a rule that is not klee's: pass out quick all/,
    change: (loaded_) =>
      tamper(loaded_, (rules) => {
        const at = rules.indexOf('block drop out quick from <klee_containers> to <klee_gateways>');
        assert.ok(at >= 0);
        rules[at] = 'pass out quick all flags S/SA keep state';
      }),
  },
  {
    title: 'rules in another order',
    sentences:
      /^the firewall rules in the pf anchor klee\/networks are in another order, or some are there twice$/,
    change: (loaded_) => tamper(loaded_, (rules) => void rules.reverse()),
  },
  {
    title: 'a translation to elsewhere',
    sentences:
      /lacks the translation: rdr .*\n.*has a translation that is not klee's: rdr .* 10\.66\.6\.6/,
    change: (loaded_) =>
      tamper(loaded_, (_, nat) => {
        const at = nat.findIndex((line) => / -> 10\.11\.0\.11\b/.test(line));
        assert.ok(at >= 0);
        nat[at] = (nat[at] ?? '').replace('-> 10.11.0.11', '-> 10.66.6.6');
      }),
  },
  {
    title: 'an element that was swapped',
    sentences:
      /^the firewall table klee_gateways in .* lacks 10\.11\.0\.1\nthe firewall table klee_gateways in .* has 10\.99\.0\.1, which is not klee's$/,
    change: ({ host }) => {
      const at = `pfctl -a ${ANCHOR} -t klee_gateways -T`;
      host.run(`${at} delete 10.11.0.1`.split(' '));
      host.run(`${at} add 10.99.0.1`.split(' '));
    },
  },
  {
    title: 'an element that was added',
    sentences:
      /^the firewall table klee_11aaaaaaaaaa in .* has 192\.0\.2\.0\/24, which is not klee's$/,
    change: ({ host }) =>
      void host.run(`pfctl -a ${ANCHOR} -t klee_11aaaaaaaaaa -T add 192.0.2.0/24`.split(' ')),
  },
];

for (const release of ['13.2-RELEASE', '15.1-RELEASE'])
  for (const { title, sentences, change } of CHANGES)
    test(`${title} is told, and goes when the rules are applied: ${release}`, async () => {
      const found = await loaded(release);
      change(found);
      assert.match((await found.firewall.observe(RULES)).join('\n'), sentences);
      await found.firewall.apply(RULES, CLAIMING);
      assert.deepEqual(await found.firewall.observe(RULES), []);
    });

test('an interface of the user that joins a bridge is told by name, until the rules are loaded again', async () => {
  const { host, firewall } = await loaded('13.2-RELEASE');
  const bridge = intentOf('web').interface;
  for (const words of [
    'bridge create name BRIDGE group klee',
    'epair create',
    'BRIDGE addm epair0a',
  ])
    assert.equal(host.run(`ifconfig ${words.replace('BRIDGE', bridge)}`.split(' ')).status, 0);
  assert.deepEqual(await firewall.observe(RULES), [
    'the firewall rules in the pf anchor klee/networks do not match the present networks and ports',
    "interface epair0a was made a member of a bridge of klee's after the firewall rules were loaded, and is cut off by them",
  ]);
  await firewall.apply(RULES, CLAIMING);
  assert.deepEqual(await firewall.observe(RULES), []);
});

test('tables that pf makes itself have another name each time', () => {
  const of = (name: string): ReturnType<typeof parseExpansion> =>
    parseExpansion([
      `table <${name}> const { 10.0.0.1 10.0.0.2 }`,
      `pass in quick inet from any to <${name}> flags S/SA keep state`,
    ]);
  const wanted = of('__automatic_1b7fd231_0');
  assert.equal(wanted.tables.size, 0);
  assert.deepEqual(contentProblems(ANCHOR, wanted, of('__automatic_00c0ffee_0')), []);
  assert.equal(contentProblems(ANCHOR, wanted, of('klee_containers')).length, 2);
  // The number that follows tells those of one ruleset apart.
  assert.equal(contentProblems(ANCHOR, wanted, of('__automatic_1b7fd231_1')).length, 2);
});

test('what interfaces and labels are called does not make a rule one of another kind', () => {
  const filter = [
    'pass in on nat all flags S/SA keep state',
    'pass in on em0 all flags S/SA keep state label "table <x> { 10.0.0.1 }"',
  ];
  const translation = ['rdr pass on em0 inet from any to any -> 10.0.0.1'];
  assert.deepEqual(parseExpansion([...translation, ...filter]), {
    filter,
    translation,
    tables: new Map(),
  });
});

test('rules that pf no longer takes are told with what it says', async () => {
  const commands = told([['-nvf', { status: 1, stderr: 'stdin:1: syntax error\n' }]]);
  assert.deepEqual(await exactProblems(commands, ANCHOR, 'pas all\n'), [
    'pf no longer takes the rules of the pf anchor klee/networks: stdin:1: syntax error',
  ]);
});

test('where no rules are wanted, pf is not asked', async () => {
  const commands = told();
  assert.deepEqual(await exactProblems(commands, ANCHOR, '# a comment\n'), []);
  assert.deepEqual(commands.lines, []);
});

test('a table without a list says nothing of its addresses', () => {
  assert.equal(parseExpansion(['table <klee_31aaaaaaaaaa>']).tables.size, 0);
  assert.deepEqual(parseExpansion(['table <klee_gateways> { }']).tables.get('klee_gateways'), []);
});

test.run();
