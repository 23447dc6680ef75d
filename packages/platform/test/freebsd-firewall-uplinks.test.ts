/** Placeholders in the rules for pf: interfaces and addresses that only the host knows. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { FirewallPlatform } from '@kleenet/core';
import { SILENT_LOGGER } from '@kleenet/core/testing';
import { createFirewall } from '../src/freebsd/firewall.ts';
import { renderFirewall } from '../src/freebsd/firewall/render.ts';
import { rulesIn } from '../src/freebsd/firewall/text.ts';
import { markedMembers, readUplinks, resolveUplinks } from '../src/freebsd/firewall/uplinks.ts';
import { parseInterfaces } from '../src/freebsd/ifconfig.ts';
import { CLAIMING } from '../../core/test/support/operations.ts';
import { intentOf } from './support/pf-world.ts';
import { told } from './support/told.ts';

const WEB = intentOf('web');

test('ways out are those of the host: a rule about what it does not have is left out', () => {
  const text = renderFirewall({ networks: [WEB], published: [] });
  const ours =
    'kln11aaaaaaaaaa: flags=8843<UP> metric 0 mtu 1500\n\tgroups: bridge klee\n\tmember: em5 flags=143<LEARNING>\n';
  const em0 =
    'em0: flags=8843<UP> metric 0 mtu 1500\n\tinet6 2001:db8::77 prefixlen 128\n\tinet6 2001:db8::10 prefixlen 64\n';
  const resolve = (defaults: Parameters<typeof resolveUplinks>[1]['defaults']): readonly string[] =>
    rulesIn(resolveUplinks(text, { defaults, interfaces: parseInterfaces(em0 + ours) }));
  const nat = (lines: readonly string[]): readonly string[] =>
    lines.filter((line) => line.startsWith('nat '));
  assert.deepEqual(nat(resolve({})), []);
  assert.deepEqual(nat(resolve({ ipv4: 'em0', ipv6: 'em0' })), [
    'nat on em0 inet from <klee_11aaaaaaaaaa> to ! 10.11.0.0/24 -> (em0:0)',
    'nat on em0 inet6 from <klee_11aaaaaaaaaa> to ! fd11::/64 -> 2001:db8::10',
  ]);
  assert.deepEqual(nat(resolve({ ipv6: 'em8' })), []);
  const forged = 'block drop in quick on em0 from <klee_containers> to any';
  assert.equal(resolve({ ipv4: 'em0', ipv6: 'em0' }).filter((line) => line === forged).length, 1);
  for (const name of ['kln11aaaaaaaaaa', 'em5'])
    assert.ok(!resolve({ ipv4: name }).includes(forged.replace('em0', name)), name);
  assert.ok(
    resolve({}).includes('pass quick on em5 from <klee_11aaaaaaaaaa> to <klee_11aaaaaaaaaa>'),
  );
  assert.doesNotMatch(resolve({}).join('\n').replace('label $digest', ''), /\$/);
});

test('packets leave by the IPv6 address of the host that is reached from the widest', () => {
  const text = renderFirewall({ networks: [WEB], published: [] });
  const chosen = (...lines: readonly string[]): string | undefined => {
    const em0 = `em0: flags=8843<UP> metric 0 mtu 1500\n\tinet 192.0.2.10 netmask 0xffffff00\n${lines.map((line) => `\tinet6 ${line}\n`).join('')}`;
    const resolved = resolveUplinks(text, {
      defaults: { ipv6: 'em0' },
      interfaces: parseInterfaces(em0),
    });
    return /inet6 from .* -> (\S+)/.exec(resolved)?.[1];
  };
  const global = '2001:db8::10 prefixlen 64 autoconf';
  const old = '2001:db8::9 prefixlen 64 deprecated autoconf';
  const local = 'fd00::10 prefixlen 64';
  const alone = '2001:db8::8 prefixlen 128';
  assert.equal(chosen(local, old, alone, global), '2001:db8::10');
  assert.equal(chosen(old, alone, local), 'fd00::10');
  assert.equal(chosen(alone, old), '2001:db8::9');
  assert.equal(chosen(alone), '2001:db8::8');
  assert.equal(chosen(alone, 'fd00::9 prefixlen 64 deprecated'), 'fd00::9');
  assert.equal(chosen(local, '2001:db8::fd prefixlen 64'), '2001:db8::fd');
  assert.equal(chosen('2001:db8::7 prefixlen 64 tentative', local), 'fd00::10');
  assert.equal(chosen('2001:db8::7 prefixlen 64 duplicated', local), 'fd00::10');
});

const NOWHERE = { defaults: {}, interfaces: [] };

test('a text without placeholders stays as it is, and the host is not asked for it', async () => {
  const text = '# a comment\npass quick on em0 all\n';
  assert.equal(resolveUplinks(text, NOWHERE), text);
  const commands = told();
  assert.deepEqual(await readUplinks(commands, text), NOWHERE);
  assert.deepEqual(commands.lines, []);
});

test('only the routes that rules are about are looked up', async () => {
  const lines = async (text: string): Promise<readonly string[]> => {
    const commands = told();
    await readUplinks(commands, text);
    return commands.lines;
  };
  const four = 'read route -n get default';
  const six = 'read route -n get -inet6 default';
  assert.deepEqual(await lines('nat on $uplink4 … to ! 10.6.0.0/24\n'), [four, 'read ifconfig -a']);
  assert.deepEqual(await lines('block in on $foreign6 from 10.4.0.0/24 …\n'), [
    six,
    'read ifconfig -a',
  ]);
  assert.deepEqual(await lines('nat on em5 to ! fd46::/64 … -> $source6(em5)\n'), [
    'read ifconfig -a',
  ]);
});

test('each family has its own way out', async () => {
  const commands = told([
    ['get default', { stdout: '  interface: em0\n' }],
    ['get -inet6 default', { stdout: '  interface: gif0\n' }],
  ]);
  const { defaults } = await readUplinks(commands, 'nat on $uplink4 …\nnat on $uplink6 …\n');
  assert.deepEqual(defaults, { ipv4: 'em0', ipv6: 'gif0' });
});

test('what is read of the host for rules is read at once, and shared', async () => {
  const text = renderFirewall({ networks: [WEB], published: [] });
  const shared = async (
    work: (firewall: FirewallPlatform) => Promise<unknown>,
  ): Promise<readonly string[]> => {
    const commands = told([
      ['pfctl -s info', { stdout: 'Status: Enabled\n' }],
      ['pfctl -s rules', { stdout: 'anchor "klee/*" all\n' }],
      ['pfctl -s nat', { stdout: 'nat-anchor "klee/*" all\nrdr-anchor "klee/*" all\n' }],
    ]);
    await work(createFirewall(commands, SILENT_LOGGER));
    const isHost = (line: string): boolean => /read (?:route|ifconfig) /.test(line);
    return commands.lines.filter(
      (line, index) => isHost(line) && commands.options[index]?.shared === true,
    );
  };
  assert.equal((await shared((firewall) => firewall.observe(text))).length, 3);
  // Asked for at once, and again where it is needed; the lock under which rules are loaded makes it anew.
  assert.equal((await shared((firewall) => firewall.isLoaded(Promise.resolve(text)))).length, 6);
  assert.equal((await shared((firewall) => firewall.apply(text, CLAIMING))).length, 6);
});

test('a network that leaves by an interface of its own is translated there, and nothing comes from there in its name', () => {
  const em5 =
    'em5: flags=8843<UP> metric 0 mtu 1500\n\tinet 192.0.2.5 netmask 0xffffff00\n\tinet6 2001:db8::5 prefixlen 64\n';
  const resolved = (natInterface: string): readonly string[] =>
    rulesIn(
      resolveUplinks(renderFirewall({ networks: [{ ...WEB, natInterface }], published: [] }), {
        defaults: {},
        interfaces: parseInterfaces(em5.replace('em5', natInterface)),
      }),
    );
  for (const [name, word, source] of [
    ['em5', 'em5', '(em5:0)'],
    ['out', '"out"', '("out:0")'],
  ] as const) {
    const rules = resolved(name);
    assert.deepEqual(
      rules.filter((line) => line.startsWith('nat ')),
      [
        `nat on ${word} inet from <klee_11aaaaaaaaaa> to ! 10.11.0.0/24 -> ${source}`,
        `nat on ${word} inet6 from <klee_11aaaaaaaaaa> to ! fd11::/64 -> 2001:db8::5`,
      ],
    );
    assert.ok(rules.includes(`block drop in quick on ${word} from <klee_containers> to any`));
  }
});

/** A bridge of klee's with an interface of the user's and an epair of klee's; another one; and the user's interfaces. */
const BRIDGES = parseInterfaces(
  `em0: flags=8843<UP> metric 0 mtu 1500
\tinet 192.0.2.10 netmask 0xffffff00
em5: flags=8843<UP> metric 0 mtu 1500
kln11aaaaaaaaaa: flags=8843<UP> metric 0 mtu 1500
\tgroups: bridge klee
\tmember: em5 flags=143<LEARNING>
\tmember: epair1000a flags=143<LEARNING>
kln12aaaaaaaaaa: flags=8843<UP> metric 0 mtu 1500
\tgroups: bridge klee
epair1000a: flags=8843<UP> metric 0 mtu 1500
\tgroups: epair klee
`,
);

test("members of a bridge that are not klee's are neighbours, whatever else the host has", () => {
  const text = renderFirewall({ networks: [WEB, intentOf('shop')], published: [] });
  const uplinks = { defaults: { ipv4: 'em0' }, interfaces: BRIDGES };
  assert.deepEqual(markedMembers(text, uplinks), ['em5']);
  const rules = rulesIn(resolveUplinks(text, uplinks));
  const within = / from <klee_11aaaaaaaaaa> to <klee_11aaaaaaaaaa>$/;
  assert.deepEqual(
    rules.filter((line) => within.test(line)),
    ['em5', 'klee', 'lo0'].map(
      (name) => `pass quick on ${name} from <klee_11aaaaaaaaaa> to <klee_11aaaaaaaaaa>`,
    ),
  );
});

test('an uplink that is a member of a bridge is still the way out', () => {
  const text = renderFirewall({ networks: [WEB], published: [] });
  for (const ipv4 of ['em0', 'em5']) {
    const rules = rulesIn(resolveUplinks(text, { defaults: { ipv4 }, interfaces: BRIDGES }));
    const line = `nat on ${ipv4} inet from <klee_11aaaaaaaaaa> to ! 10.11.0.0/24 -> (${ipv4}:0)`;
    assert.ok(rules.includes(line), rules.join('\n'));
    // What comes in by it is a neighbour of the containers then.
    const forged = `block drop in quick on ${ipv4} from <klee_containers> to any`;
    assert.equal(rules.includes(forged), ipv4 === 'em0');
  }
});

test.run();
