/** Drivers that detach wrongly. */
import { KleenetError, hasCode } from '@kleenet/core/errors';
import { buildNetwork } from '@kleenet/core/testing';
import { withPlane } from '../reference.ts';
import { strange } from './broken-driver.ts';
import type { BrokenDriver } from './broken-driver.ts';
import { requireStopped } from './require-stopped.ts';

/** Which is not there: to take it down is a step without effect. */
const ELSEWHERE = buildNetwork({ name: 'elsewhere' });

export const BROKEN_DETACHING: readonly BrokenDriver[] = [
  {
    fault: 'leaks an interface',
    subject: withPlane((plane, host) => ({
      async attach(target, call) {
        await plane.attach(target, call);
        const name = `leak${target.endpoint.id.slice(0, 8)}`;
        await call.claim({ kind: 'interface', name });
        await host.tamper((state) => {
          state.interfaces[`/${name}`] = strange(name);
        });
      },
    })),
    fails: 'detach leaves the host as it was before attach',
    also: ['observe finds what is missing: never attached, detached, or removed behind its back'],
  },
  {
    fault: 'cannot detach from a running container',
    subject: withPlane((plane, host) => ({
      async detach(target, call) {
        await requireStopped(host, target);
        await plane.detach(target, call);
      },
    })),
    fails: 'detach removes the addresses immediately while the command of the container runs',
  },
  {
    fault: 'remembers what it has detached',
    subject: withPlane((plane) => {
      const detached = new Set<string>();
      return {
        async detach(target, call) {
          if (detached.has(target.endpoint.id)) {
            throw new KleenetError('NOT_CONNECTED', 'already detached');
          }
          await plane.detach(target, call);
          detached.add(target.endpoint.id);
        },
      };
    }),
    fails: 'detach may be repeated',
  },
  {
    fault: 'cannot detach without claims',
    subject: withPlane((plane) => ({
      async detach(target, call) {
        if (target.claims.length === 0) throw new KleenetError('NOT_CONNECTED', 'no claims');
        await plane.detach(target, call);
      },
    })),
    fails: 'detach of what was never attached changes nothing',
  },
  {
    fault: 'leaves its scaffolding behind when detach fails',
    subject: withPlane((plane, host) => ({
      async detach(target, call) {
        const { interfaces } = await host.inspect();
        const there = Object.keys(interfaces).filter((key) => key.startsWith('/tmp'));
        const key = `/tmp${there.length}`;
        await host.tamper((state) => {
          state.interfaces[key] = strange(key.slice(1));
        });
        await plane.detach(target, call);
        await host.tamper((state) => {
          delete state.interfaces[key];
        });
      },
    })),
    fails: 'detach finishes what a detach that failed or was interrupted at any step began',
  },
  {
    fault: 'leaves something behind when detach is interrupted',
    subject: withPlane((plane, host) => ({
      detach: (target, call) =>
        plane.detach(target, call).catch(async (error: unknown) => {
          if (hasCode(error, 'INTERRUPTED')) {
            await host.tamper((state) => {
              state.interfaces['/left0'] = strange('left0');
            });
          }
          throw error;
        }),
    })),
    fails: 'detach finishes what a detach that failed or was interrupted at any step began',
  },
  {
    fault: 'cannot detach without a sandbox',
    subject: withPlane((plane, host) => ({
      async detach(target, call) {
        const { sandboxes } = await host.inspect();
        if (sandboxes[target.sandbox.name] === undefined) {
          throw new KleenetError('PLATFORM_COMMAND_FAILED', 'no such sandbox');
        }
        await plane.detach(target, call);
      },
    })),
    fails: 'detach works when the sandbox is gone, by the claims alone',
  },
  {
    fault: "cannot detach without the network's interface",
    subject: withPlane((plane, host) => ({
      async detach(target, call) {
        const { interfaces, sandboxes } = await host.inspect();
        const gone = interfaces[`/${target.network.interface}`] === undefined;
        if (gone && sandboxes[target.sandbox.name] !== undefined) {
          throw new KleenetError('INTERFACE_NOT_FOUND', 'no such interface');
        }
        await plane.detach(target, call);
      },
    })),
    fails: "detach works when the network's interface is gone",
  },
  {
    fault: 'does not clean up a pair that has no address yet',
    subject: withPlane((plane, host) => ({
      async detach(target, call) {
        const { interfaces } = await host.inspect();
        const inside = interfaces[`${target.sandbox.name}/${target.endpoint.interface}`];
        if (inside === undefined || inside.addresses.length > 0) await plane.detach(target, call);
      },
    })),
    fails: 'detach cleans up after attach failed at any step',
  },
  {
    fault: 'removes only what it remembers from its own attach',
    subject: withPlane((plane) => {
      const attached = new Set<string>();
      return {
        async attach(target, call) {
          attached.add(target.endpoint.id);
          await plane.attach(target, call);
        },
        async detach(target, call) {
          if (attached.has(target.endpoint.id)) await plane.detach(target, call);
        },
      };
    }),
    fails: 'detach in another process removes as much as in the one that attached, or failed to',
  },
  {
    fault: 'gives up detaching at the first failure',
    subject: withPlane((plane, host) => ({
      async detach(target, call) {
        await plane.detach(target, call);
        await host.networks.down(ELSEWHERE, [], call);
      },
    })),
    fails: 'detach tries every step before it throws what went wrong',
  },
  {
    fault: 'swallows failures of detach',
    subject: withPlane((plane) => ({
      detach: (target, call) =>
        plane.detach(target, call).catch((error: unknown) => {
          if (!hasCode(error, 'PLATFORM_COMMAND_FAILED')) throw error;
        }),
    })),
    fails: 'detach throws a KleenetError when a step fails',
  },
  {
    fault: 'does not let detach be interrupted',
    subject: withPlane((plane) => ({
      detach: (target, call) =>
        plane.detach(target, { ...call, signal: new AbortController().signal }),
    })),
    fails: 'detach ends soon after the signal is raised',
  },
];
