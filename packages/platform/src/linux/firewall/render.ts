/** The rules of klee as one text for nft(8), which loads it atomically. Pure. */
import { sha256 } from '@kleenet/core';
import type { FirewallIntents } from '@kleenet/core';
import { bridgeChains, senderSetLines } from './bridge-table.ts';
import { inetChains, inetSets } from './inet-table.ts';
import { chainLines, setLines } from './text.ts';

/**
 * `inet klee` is replaced. Of `bridge klee` only the rules are replaced: `flush table` keeps the elements of sets
 * (nft(8)), which change with the ports. Without networks both tables are deleted.
 */
export function renderFirewall(intents: FirewallIntents): string {
  return text(intents.networks.length === 0 ? REMOVAL : tables(intents));
}

/** Adding first makes the deletion of a missing table succeed. */
const REMOVAL: readonly string[] = [
  'add table inet klee',
  'delete table inet klee',
  'add table bridge klee',
  'delete table bridge klee',
];

function tables(intents: FirewallIntents): readonly string[] {
  const inet = [...inetSets(intents).flatMap(setLines), ...inetChains(intents).flatMap(chainLines)];
  const chains = [...bridgeChains(), { name: 'end', rules: END }];
  const bridge = [...senderSetLines(), ...chains.flatMap(chainLines)];
  return [
    'add table inet klee',
    'delete table inet klee',
    'table inet klee {',
    ...inet,
    ...chainLines({ name: versionChain([...inet, ...bridge]), rules: END }),
    '}',
    'add table bridge klee',
    'flush table bridge klee',
    'table bridge klee {',
    ...bridge,
    '}',
  ];
}

/**
 * In front of rules: makes nft(8) refuse them as a whole where either table of klee has no rules now. Attaching a port makes
 * a table with sets alone.
 */
export const REQUIRE_RULES: string = text([
  'flush chain inet klee forward',
  'flush chain bridge klee end',
]);

/** The prefix of the chain whose name identifies the loaded rules. */
export const VERSION_PREFIX = 'rules_';

/** The last rule of each table, without an effect: the kernel gives later insertions higher numbers. */
const END = ['return'];

/** An unreachable chain: its name identifies the loaded rules. */
function versionChain(lines: readonly string[]): string {
  return `${VERSION_PREFIX}${sha256(text(lines)).slice(0, 12)}`;
}

function text(lines: readonly string[]): string {
  return lines.map((line) => `${line}\n`).join('');
}
