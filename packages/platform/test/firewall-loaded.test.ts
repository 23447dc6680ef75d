/** The one look before anything is attached: whether the rules are there. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { IpAddress } from '@kleenet/core';
import { hasCode } from '@kleenet/core/errors';
import { CLAIMING } from '../../core/test/support/operations.ts';
import { createFirewall } from '../src/linux/firewall.ts';
import { REQUIRE_RULES, renderFirewall } from '../src/linux/firewall/render.ts';
import { shapeOf } from '../src/linux/firewall/text.ts';
import { INNER } from './support/network-intents.ts';
import { told } from './support/told.ts';
import type { Told } from './support/told.ts';
import { hostFiles } from './support/host-files.ts';
import { SILENT_LOGGER } from '@kleenet/core/testing';

const RULES = renderFirewall({ networks: [INNER], published: [] });
const FILES = hostFiles();
const GONE = { status: 1, stderr: 'Error: No such file or directory' };

/** What `nft -j list table` prints of a table that these rules made, besides some of its chains. */
function listing(
  family: 'inet' | 'bridge',
  { without = [], rules = RULES }: { without?: readonly string[]; rules?: string } = {},
): { stdout: string } {
  return { stdout: JSON.stringify({ nftables: objectsOf(family, { without, rules }) }) };
}

function objectsOf(
  family: 'inet' | 'bridge',
  { without, rules }: { readonly without: readonly string[]; readonly rules: string },
): readonly object[] {
  const { chains, sets } = shapeOf(rules, `${family} klee`);
  const kept = [...chains].filter(([name]) => !without.includes(name));
  let handle = 0;
  return [
    ...kept.map(([name]) => ({ chain: { family, name } })),
    ...kept.flatMap(([chain, count]) =>
      Array.from({ length: count }, () => ({ rule: { family, chain, handle: (handle += 1) } })),
    ),
    ...[...sets].map(([name, elements]) => ({
      set: { family, name, elem: elements.map((element) => element.replaceAll('"', '')) },
    })),
  ];
}

function isLoaded(commands: Told): Promise<boolean> {
  return createFirewall({ commands, files: FILES, logger: SILENT_LOGGER }).isLoaded(
    Promise.resolve(RULES),
  );
}

test('rules that are there are taken for loaded, by one read of each table and nothing else', async () => {
  const commands = told([
    ['inet klee', listing('inet')],
    ['bridge klee', listing('bridge')],
  ]);
  assert.equal(await isLoaded(commands), true);
  assert.deepEqual(commands.lines, [
    'read nft -j list table inet klee',
    'read nft -j list table bridge klee',
  ]);
});

test('tables that are missing are told without a comparison word for word', async () => {
  const commands = told([['list table', GONE]]);
  const firewall = createFirewall({ commands, files: FILES, logger: SILENT_LOGGER });
  assert.deepEqual(await firewall.observe(RULES), [
    "the firewall table 'inet klee' is missing",
    "the firewall table 'bridge klee' is missing",
  ]);
  assert.equal(commands.lines.length, 2);
});

test('one table that is missing is told alone', async () => {
  const commands = told([
    ['inet klee', listing('inet')],
    ['bridge klee', GONE],
  ]);
  const firewall = createFirewall({ commands, files: FILES, logger: SILENT_LOGGER });
  assert.deepEqual(await firewall.observe(RULES), ["the firewall table 'bridge klee' is missing"]);
});

const PUBLISHING = renderFirewall({
  networks: [INNER],
  published: [
    {
      containerId: '111111111111',
      networkId: INNER.id,
      stack: 'restricted',
      port: { protocol: 'tcp', hostPorts: [80, 80], containerPort: 80 },
      addresses: { ipv4: '10.1.0.2' as IpAddress },
      sources: [],
      beside: [],
    },
  ],
});

test('links to published ports let packets from 127.0.0.1 leave, once the rules are loaded', async () => {
  const commands = told();
  const firewall = createFirewall({ commands, files: FILES, logger: SILENT_LOGGER });
  await firewall.apply(PUBLISHING, CLAIMING);
  assert.deepEqual(
    commands.lines.map((line) => line.split(' <<')[0]),
    [
      'change nft -f -',
      'change sysctl -q -e -w net/ipv4/conf/klc111111111111/route_localnet=1 net/ipv4/conf/kln1/route_localnet=1',
    ],
  );
  assert.ok(commands.options.every(({ signal }) => signal === CLAIMING.signal));
});

test('rules that are there are compared word for word, and so are the settings that they need', async () => {
  const rules = PUBLISHING;
  const whole = { without: [], rules };
  const further = { chain: { family: 'inet', name: 'further' } };
  const wanted = [...objectsOf('inet', whole), ...objectsOf('bridge', whole), further];
  const commands = told([
    ['unshare', { stdout: JSON.stringify({ nftables: wanted }) }],
    ['inet klee', listing('inet', { rules })],
    ['bridge klee', listing('bridge', { rules })],
  ]);
  const files = {
    ...FILES,
    read: (path: string) => Promise.resolve(path.includes('kln1') ? '0' : '1'),
  };
  const firewall = createFirewall({ commands, files, logger: SILENT_LOGGER });
  assert.deepEqual(await firewall.observe(rules), [
    "the firewall table 'inet klee' lacks the chain further",
    'the kernel setting net/ipv4/conf/kln1/route_localnet is 0, not 1',
  ]);
});

test('connections end where the kernel tracks some', async () => {
  const commands = told();
  const files = { ...FILES, read: () => Promise.resolve('1\n') };
  const firewall = createFirewall({ commands, files, logger: SILENT_LOGGER });
  await firewall.endFlows({ of: 'addresses', addresses: ['10.1.0.2' as IpAddress] }, CLAIMING);
  assert.equal(commands.lines.length, 1);
  assert.match(commands.lines[0] ?? '', /-s 10\.1\.0\.2/);
});

for (const [what, inet, bridge] of [
  ['nothing', GONE, GONE],
  ['no table of family inet', GONE, listing('bridge')],
  ['no table of family bridge', listing('inet'), GONE],
  ['no chain for what is routed', listing('inet', { without: ['containers'] }), listing('bridge')],
  ['no chain for senders', listing('inet'), listing('bridge', { without: ['senders'] })],
] as const) {
  test(`${what}: not loaded`, async () => {
    const answers = [
      ['inet klee', inet],
      ['bridge klee', bridge],
    ] as const;
    assert.equal(await isLoaded(told(answers)), false);
  });
}

test('a firewall that does not work has nothing loaded, and one that works and does not answer is a failure', async () => {
  const unreadable = [
    'list table',
    { status: 1, stderr: 'Error: Operation not permitted' },
  ] as const;
  const unable = ['nft -c', { status: 1, stderr: 'Error: Operation not supported' }] as const;
  assert.equal(await isLoaded(told([unreadable, unable])), false);
  await assert.rejects(isLoaded(told([unreadable])), (error) =>
    hasCode(error, 'PLATFORM_COMMAND_FAILED'),
  );
});

test('rules are replaced with one command, and loaded with a second where there were none', async () => {
  const loads = async (answers: Told): Promise<readonly [boolean, readonly string[]]> => {
    const firewall = createFirewall({ commands: answers, files: FILES, logger: SILENT_LOGGER });
    return [await firewall.apply(RULES, CLAIMING), answers.lines];
  };
  const [wereThere, once] = await loads(told());
  assert.equal(wereThere, true);
  assert.deepEqual(once, [`change nft -f - <<${JSON.stringify(`${REQUIRE_RULES}${RULES}`)}`]);
  const refusing = told([['nft -f -', GONE]]);
  await assert.rejects(loads(refusing), /the firewall rules could not be loaded/);
  assert.deepEqual(refusing.lines, [...once, `change nft -f - <<${JSON.stringify(RULES)}`]);
});

test.run();
