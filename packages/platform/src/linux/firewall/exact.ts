/**
 * Compares the loaded rules with the desired ones, word for word. nft(8) does not print rules as they were written, so
 * it prints both: the desired rules are loaded into a temporary network namespace.
 */
import type { CommandRunner } from '@kleenet/core';
import { scriptArgv } from '../../runner/script.ts';
import { nftListing, parseListing } from '../nft.ts';
import type { NftFamily, NftListing } from '../nft.ts';
import { LOAD_RULES } from '../scripts/embedded.ts';

/** Differences between a text of rules and the loaded ones, one sentence each. */
export async function inexactRules(
  commands: CommandRunner,
  rules: string,
): Promise<readonly string[]> {
  const argv = ['unshare', '--net', '--', ...scriptArgv(LOAD_RULES)] as const;
  const [{ stdout }, inet, bridge] = await Promise.all([
    commands.read(argv, { input: rules }),
    nftListing(commands, 'inet', 'klee'),
    nftListing(commands, 'bridge', 'klee'),
  ]);
  const wanted = parseListing(stdout);
  return [
    ...tableDifferences('inet', of(wanted, 'inet'), inet),
    ...tableDifferences('bridge', of(wanted, 'bridge'), bridge),
  ];
}

function of(listing: NftListing, family: NftFamily): NftListing {
  return listing.filter((object) => Object.values(object)[0]?.['family'] === family);
}

/** Pure. */
export function tableDifferences(
  family: NftFamily,
  wanted: NftListing,
  loaded: NftListing,
): readonly string[] {
  const [right, found] = [describe(family, wanted), describe(family, loaded)];
  const names = [...new Set([...right.keys(), ...found.keys()])];
  return names.flatMap((name) => {
    const [one, other] = [right.get(name), found.get(name)];
    if (one === other) return [];
    const where = `the firewall table '${family} klee'`;
    if (one === undefined) return [`${where} has a ${name} that klee did not make`];
    if (other === undefined) return [`${where} lacks the ${name}`];
    return [`the ${name} of ${where} is not as klee made it`];
  });
}

/** The content of a table: chains with ordered rules, sets and maps with unordered elements. */
function describe(family: NftFamily, listing: NftListing): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const [kind, body] of listing.flatMap((object) => Object.entries(object))) {
    if (kind === 'metainfo' || kind === 'table') continue;
    const name =
      kind === 'rule' ? `chain ${String(body['chain'])}` : `${kind} ${String(body['name'])}`;
    const { handle: _handle, index: _index, elem, ...rest } = body;
    // The elements of the sets of the bridge's table change with the ports.
    const lasting = family === 'bridge' ? rest : { ...rest, elem };
    texts.set(name, `${texts.get(name) ?? ''}${JSON.stringify(inOrder(lasting))}\n`);
  }
  return texts;
}

/** The kernel keeps the elements of sets, including sets inside rules, unordered. */
function inOrder(value: unknown, key?: string): unknown {
  if (Array.isArray(value)) {
    const items: unknown[] = value.map((item) => inOrder(item));
    return key === 'set' || key === 'elem'
      ? items.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1))
      : items;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, inOrder(member, name)]),
  );
}
