/** Drivers that do not expect what a host and a process do to them: a read that hangs, a death between two steps. */
import { heldAddresses } from '@kleenet/core/driver';
import type { AttachTarget } from '@kleenet/core/driver';
import type { SimulatedPlatform } from '@kleenet/core/testing';
import { RESTRICTED, withPlane } from '../reference.ts';
import { onAndOn } from './broken-driver.ts';
import type { BrokenDriver } from './broken-driver.ts';

export const BROKEN_WHEN_DISTURBED: readonly BrokenDriver[] = [
  ...(['attach', 'detach'] as const).map((method) => ({
    fault: `reads the host without the signal in ${method}`,
    subject: withPlane((plane, _host, { commands }) => ({
      async [method](...[target, call]: Parameters<(typeof plane)['attach']>) {
        // The simulated host has no commands: this one fails, and is over.
        await commands.read(['true']).catch(() => undefined);
        await plane[method](target, call);
      },
    })),
    fails: `${method} ends soon after the signal is raised while it reads the host`,
  })),
  {
    fault: 'takes the first thing that detach removes for the last',
    subject: withPlane(
      (plane, host) => ({
        async detach(target, call) {
          if (await hasLostTheFirst(host, target)) return;
          try {
            await plane.detach(target, call);
          } catch (error) {
            // A failure leaves it time to try again, and a death does not.
            await Promise.allSettled([plane.detach(target, onAndOn())]);
            throw error;
          }
        },
      }),
      RESTRICTED,
    ),
    fails: 'detach finishes what a process that died at any step of detach began',
  },
];

/** The container does not see its addresses, and the host has not the first of them. */
async function hasLostTheFirst(host: SimulatedPlatform, target: AttachTarget): Promise<boolean> {
  const { interfaces, sandboxes } = await host.inspect();
  const there = interfaces[`/${target.network.interface}`]?.addresses ?? [];
  const seen = sandboxes[target.sandbox.name]?.addresses ?? [];
  const held = heldAddresses(target);
  return (
    !there.includes(held[0]?.single ?? '') && !held.some(({ address }) => seen.includes(address))
  );
}
