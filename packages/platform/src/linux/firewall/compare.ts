/** Compares rendered rules with the kernel's tables. Pure. */
import type { NftFamily, NftTable } from '../nft.ts';
import { loadedElement, writtenElement } from './elements.ts';
import { VERSION_PREFIX } from './render.ts';
import { shapeOf } from './text.ts';
import type { TableShape } from './text.ts';

/** The tables of klee as the kernel has them. */
export type LoadedTables = Readonly<Record<NftFamily, NftTable | undefined>>;

/**
 * Differences, one sentence each. nft(8) does not print rules as they were written, so they are compared by the loaded
 * version, by the number of rules in each chain, and by the order in which the kernel numbered them: a later rule, even
 * a replacement, is out of order.
 */
export function firewallProblems(rules: string, loaded: LoadedTables): readonly string[] {
  const inet = shapeOf(rules, 'inet klee');
  const version = versionAmong([...inet.chains.keys()]);
  if (version === undefined) return [];
  const stated = versionAmong(loaded.inet?.chains ?? []);
  if (stated !== undefined && stated !== version)
    return ['the firewall rules do not match the present networks and ports'];
  return (['inet', 'bridge'] as const).flatMap((family) => {
    const table = loaded[family];
    return table === undefined
      ? [`the firewall table '${family} klee' is missing`]
      : tableProblems(
          family === 'inet' ? inet : shapeOf(rules, 'bridge klee'),
          `${family} klee`,
          table,
        );
  });
}

function tableProblems(wanted: TableShape, name: string, table: NftTable): readonly string[] {
  const missing = chainProblems(wanted, name, table);
  return [
    ...(table.dormant ? [`the firewall table '${name}' is switched off`] : []),
    ...(missing.length > 0 ? missing : orderProblems(wanted, name, table)),
    ...elementProblems(wanted, name, table),
  ];
}

function chainProblems(
  { chains }: TableShape,
  name: string,
  { chains: loaded, rules }: NftTable,
): readonly string[] {
  return [...chains].flatMap(([chain, count]) => {
    if (!loaded.includes(chain))
      return [`chain ${chain} of the firewall table '${name}' is missing`];
    const found = rules.filter((rule) => rule.chain === chain).length;
    return found === count
      ? []
      : [`chain ${chain} of the firewall table '${name}' has ${found} rules, not ${count}`];
  });
}

/** The kernel numbers loaded rules from first to last; the last rule only marks the end. */
function orderProblems(
  { chains }: TableShape,
  name: string,
  { rules }: NftTable,
): readonly string[] {
  const handles = [...chains.keys()].flatMap((chain) =>
    rules.filter((rule) => rule.chain === chain).map(({ handle }) => ({ chain, handle })),
  );
  const late = handles.find(({ handle }, index) => handle > (handles[index + 1]?.handle ?? handle));
  return late === undefined
    ? []
    : [`a rule of chain ${late.chain} of the firewall table '${name}' is not klee's`];
}

function elementProblems(
  { sets }: TableShape,
  name: string,
  { sets: loaded }: NftTable,
): readonly string[] {
  return [...sets].flatMap(([set, elements]) => {
    const found = new Set(
      (loaded.find((candidate) => candidate.name === set)?.elem ?? []).map(loadedElement),
    );
    const wanted = new Set(elements.map(writtenElement));
    const same = found.size === wanted.size && [...wanted].every((element) => found.has(element));
    return same ? [] : [`set ${set} of the firewall table '${name}' has other elements`];
  });
}

function versionAmong(chains: readonly string[]): string | undefined {
  return chains.find((chain) => chain.startsWith(VERSION_PREFIX));
}
