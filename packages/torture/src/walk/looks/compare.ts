/** Everything that klee and its host say and do, beside the model. */
import type { Model } from '../../model/state.ts';
import type { World } from '../../world/world.ts';
import type { Counts, Found } from '../findings.ts';
import { compareAddresses } from './addresses.ts';
import { packets } from './packets.ts';
import { isSilent } from './silence.ts';

export async function compare(world: World, model: Model, counts: Counts): Promise<Found> {
  const [check, addresses] = await Promise.all([
    world.klee(['system', 'check']),
    compareAddresses(world, model),
  ]);
  if (!isSilent(check)) return { kind: 'check', text: `${check.stdout}${check.stderr}`.trim() };
  if (addresses !== undefined) return { kind: 'addresses', text: addresses };
  return world.packets === undefined ? undefined : packets(world.packets, model, counts);
}
