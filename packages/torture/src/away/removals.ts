/** The list of what can be taken away from a host. Pure. */
import type { Owned } from './compare.ts';
import { isLeftOut } from './exceptions.ts';
import type { Way } from './look/entry.ts';
import { withNames } from './names.ts';
import { BESIDE } from './scenario.ts';
import type { Made } from './scenario.ts';

/** `system repair`; a stop and a start of the container; or everything down and up, for a network. */
export type Mender = 'repair' | 'start' | 'boot';

/** One thing that is taken away, and how it is mended. */
export interface Removal {
  /** With names that are the same in each visit. */
  readonly what: string;
  readonly owned: Owned;
  readonly way: Way;
  readonly mender: Mender;
}

export function removals(
  owned: readonly Owned[],
  made: readonly Made[],
  names: ReadonlyMap<string, string>,
): readonly Removal[] {
  return owned
    .filter(({ owner }) => !BESIDE.includes(owner))
    .flatMap((one) => {
      const { owner, entry, old } = one;
      const isNetwork = made.some(({ name, kind }) => name === owner && kind === 'network');
      const menders: readonly Mender[] = ['repair', isNetwork ? 'boot' : 'start'];
      return entry.ways(old).flatMap((way) => {
        const done = withNames(`${entry.key} ${way.what}`, names);
        if (isLeftOut(done.replace(/^in \S+: /, ''))) return [];
        return menders.map((mender) => ({
          what: `${owner}'s ${done}, then ${mender}`,
          owned: one,
          way,
          mender,
        }));
      });
    });
}

/** Rules of the firewall are one kind: most entries are such, and they are compared as a whole. */
export function kindOf({ owned }: Removal): string {
  const word = /^(?:in \S+: )?(\S+)/.exec(owned.entry.key)?.[1] ?? '';
  return ['table', 'chain', 'rule', 'set', 'map', 'element'].includes(word) ? 'firewall' : word;
}
