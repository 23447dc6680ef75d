/** Drivers that work in an ordinary life of a container, and fail where a host is in another state or a process dies. */
import type { AttachTarget } from '@kleenet/core/driver';
import { KleenetError } from '@kleenet/core/errors';
import { buildNetwork } from '@kleenet/core/testing';
import type { SimulatedPlatform } from '@kleenet/core/testing';
import { RESTRICTED, withPlane } from '../reference.ts';
import { onAndOn, strange } from './broken-driver.ts';
import type { BrokenDriver } from './broken-driver.ts';

let scaffolds = 0;

export const BROKEN_IN_ODD_STATES: readonly BrokenDriver[] = [
  {
    fault: 'does nothing where there is no sandbox',
    subject: withPlane((plane, host) => ({
      async attach(target, call) {
        const { sandboxes } = await host.inspect();
        if (sandboxes[target.sandbox.name] !== undefined) await plane.attach(target, call);
      },
    })),
    fails:
      'attach fails where there is no sandbox or no interface of the network, and detach leaves nothing of it',
  },
  {
    fault: 'does nothing where the network has no interface',
    subject: withPlane(
      (plane, host) => ({
        async attach(target, call) {
          const { interfaces } = await host.inspect();
          if (interfaces[`/${target.network.interface}`] !== undefined)
            await plane.attach(target, call);
        },
      }),
      RESTRICTED,
    ),
    fails:
      'attach fails where there is no sandbox or no interface of the network, and detach leaves nothing of it',
  },
  {
    fault: 'changes the host behind the back of a dry run',
    subject: withPlane((plane, host) => ({
      async attach(target, call) {
        await plane.attach(target, call);
        await host.tamper((state) => {
          state.storage = [
            ...state.storage.filter((one) => one !== noteOf(target)),
            noteOf(target),
          ];
        });
      },
      async detach(target, call) {
        await host.tamper((state) => {
          state.storage = state.storage.filter((one) => one !== noteOf(target));
        });
        await plane.detach(target, call);
      },
    })),
    fails: 'attach and detach change nothing in a dry run, with and without a sandbox',
  },
  {
    fault: 'cannot detach once the command has ended',
    subject: withPlane((plane, host) => ({
      async detach(target, call) {
        const { sandboxes } = await host.inspect();
        if (sandboxes[target.sandbox.name]?.state === 'stopped')
          throw new KleenetError('CONTAINER_NOT_RUNNING', 'start it first');
        await plane.detach(target, call);
      },
    })),
    fails: 'detach works after the command of the container has ended',
  },
  {
    fault: 'takes its memory for the host',
    subject: withPlane((plane) => {
      const attached = new Set<string>();
      return {
        async attach(target, call) {
          await plane.attach(target, call);
          attached.add(target.endpoint.id);
        },
        observe: async (targets) =>
          (await plane.observe(targets)).map((one) =>
            attached.has(one.endpointId) ? one : { ...one, problems: ['never heard of it'] },
          ),
      };
    }),
    fails: 'observe in a new process agrees with what another one has attached',
  },
  {
    fault: 'relies on attach to clean up after itself',
    subject: withPlane((plane, host) => ({
      async attach(target, call) {
        try {
          await plane.attach(target, call);
        } catch (error) {
          await plane.detach(target, onAndOn());
          throw error;
        }
      },
      async detach(target, call) {
        if (!(await isHalfMade(host, target))) await plane.detach(target, call);
      },
    })),
    fails: 'detach cleans up after a process that died at any step of attach',
  },
  {
    fault: 'takes what is half-made without a sandbox for never made',
    subject: withPlane(
      (plane, host) => ({
        async detach(target, call) {
          const { sandboxes, interfaces } = await host.inspect();
          const held = interfaces[`/${target.network.interface}`]?.addresses.join(' ') ?? '';
          const complete = Object.values(target.endpoint.addresses).every((address) =>
            held.includes(`${address}/`),
          );
          if (complete || sandboxes[target.sandbox.name] !== undefined)
            await plane.detach(target, call);
        },
      }),
      RESTRICTED,
    ),
    fails: 'detach cleans up after a process that died at any step of attach, by the claims alone',
  },
  {
    fault: 'takes its scaffolding down only if it lives to see the end of detach',
    subject: withPlane((plane, host) => ({
      async detach(target, call) {
        const name = `scaffold${scaffolds++}`;
        const scaffold = buildNetwork({ name, subnet: '10.99.0.0/24', gateway: '' });
        await Promise.allSettled([host.networks.up(scaffold, call)]);
        try {
          await plane.detach(target, call);
        } finally {
          await host.networks.down(scaffold, [], call).catch(async (error: unknown) => {
            await host.networks.down(scaffold, [], onAndOn());
            throw error;
          });
        }
      },
    })),
    fails: 'detach finishes what a process that died at any step of detach began',
  },
  {
    fault: 'leaves something behind when attach is out of time',
    subject: withPlane((plane, host) => ({
      attach: (target, call) =>
        plane.attach(target, call).catch(async (error: unknown) => {
          if (call.signal.aborted) {
            await host.tamper((state) => {
              state.interfaces['/left0'] = strange('left0');
            });
          }
          throw error;
        }),
    })),
    fails: 'detach cleans up after an attach that ran out of time at any step',
  },
];

function noteOf({ endpoint }: AttachTarget): string {
  return `note-${endpoint.id}`;
}

/** Whether there is a pair that has no address yet. */
async function isHalfMade(host: SimulatedPlatform, target: AttachTarget): Promise<boolean> {
  const { interfaces } = await host.inspect();
  const inside = interfaces[`${target.sandbox.name}/${target.endpoint.interface}`];
  return inside?.addresses.length === 0;
}
