/** What differs between rendered rules and the tables of the kernel. Pure. */
import type { NftFamily, NftTable } from '../nft.ts';
import { VERSION_PREFIX } from './render.ts';
import { shapeOf } from './text.ts';

/** The tables of klee as the kernel has them. */
export type LoadedTables = Readonly<Record<NftFamily, NftTable | undefined>>;

/**
 * Differences, one sentence each. nft(8) does not print rules as they were written, so that they are compared by the
 * version that was loaded with them, and by how much is left of each chain and set.
 */
export function firewallProblems(rules: string, loaded: LoadedTables): readonly string[] {
  const version = versionAmong([...shapeOf(rules, 'inet klee').chains.keys()]);
  if (version === undefined) return [];
  const stated = versionAmong(loaded.inet?.chains ?? []);
  if (stated !== undefined && stated !== version)
    return ['the firewall rules are not those for the present networks and ports'];
  return (['inet', 'bridge'] as const).flatMap((family) => {
    const table = loaded[family];
    return table === undefined
      ? [`the firewall table '${family} klee' is missing`]
      : shapeProblems(rules, `${family} klee`, table);
  });
}

function shapeProblems(
  rules: string,
  name: string,
  { chains, rules: loaded, sets }: NftTable,
): readonly string[] {
  const wanted = shapeOf(rules, name);
  const emptied = [...wanted.chains].flatMap(([chain, count]) => {
    if (!chains.includes(chain))
      return [`chain ${chain} of the firewall table '${name}' is missing`];
    const found = loaded.filter((rule) => rule.chain === chain).length;
    return found === count
      ? []
      : [`chain ${chain} of the firewall table '${name}' has ${found} rules, not ${count}`];
  });
  const changed = [...wanted.sets].flatMap(([set, elements]) => {
    const found = sets.find((candidate) => candidate.name === set)?.elem?.length ?? 0;
    return found === elements.length
      ? []
      : [
          `set ${set} of the firewall table '${name}' has ${found} elements, not ${elements.length}`,
        ];
  });
  return [...emptied, ...changed];
}

function versionAmong(chains: readonly string[]): string | undefined {
  return chains.find((chain) => chain.startsWith(VERSION_PREFIX));
}
