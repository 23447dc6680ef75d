import type { Family, NetworkType } from '@kleenet/core/driver';
import type { Candidate } from './candidate.ts';
import { naming } from './naming.ts';

/** One declared type of network. */
export interface Variant {
  readonly type: NetworkType;
  readonly families: readonly Family[];
}

/** Every declared type of network, with each declared family alone and with all of them. */
function variantsOf({ capabilities }: Candidate): readonly Variant[] {
  const { networkTypes, families } = capabilities;
  const alone = families.map((family) => [family]);
  const sets = families.length > 1 ? [...alone, families] : alone;
  return networkTypes.flatMap((type) => sets.map((set) => ({ type, families: set })));
}

/**
 * The same for what needs a new host for each step or each part. On a real host that takes long: there each type of network is
 * tried with all families together only.
 */
export async function forEachCostlyVariant(
  candidate: Candidate,
  check: (variant: Variant) => Promise<void>,
): Promise<void> {
  const { families } = candidate.capabilities;
  const isReal = candidate.stage().host.real === true;
  await forEachVariant(candidate, async (variant) => {
    if (!isReal || variant.families.length === families.length) await check(variant);
  });
}

/** Runs `check` for each variant; a failure names the variant. */
export async function forEachVariant(
  candidate: Candidate,
  check: (variant: Variant) => Promise<void>,
): Promise<void> {
  for (const variant of variantsOf(candidate)) {
    const where = `a ${variant.type} network with ${variant.families.join(' and ')}`;
    await naming(`on ${where}`, () => check(variant));
  }
}
