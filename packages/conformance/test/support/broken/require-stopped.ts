import type { AttachTarget } from '@kleenet/core/driver';
import { KleenetError } from '@kleenet/core/errors';
import type { SimulatedPlatform } from '@kleenet/core/testing';

/** What a driver does that works on stopped containers only. */
export async function requireStopped(
  host: SimulatedPlatform,
  { sandbox }: AttachTarget,
): Promise<void> {
  const { sandboxes } = await host.inspect();
  if (sandboxes[sandbox.name]?.state !== 'running') return;
  throw new KleenetError('CONTAINER_RUNNING', 'stop it first');
}
