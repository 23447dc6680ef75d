/** Drivers that observe wrongly, or harm what is beside them. */
import type { AttachTarget, Network } from '@kleenet/core/driver';
import type { SimulatedPlatform } from '@kleenet/core/testing';
import { RESTRICTED, withPlane } from '../reference.ts';
import { pairOf } from './broken-driver.ts';
import type { BrokenDriver } from './broken-driver.ts';

export const BROKEN_OBSERVING: readonly BrokenDriver[] = [
  {
    fault: 'always finds that all is well',
    subject: withPlane(() => ({
      observe: (targets) =>
        Promise.resolve(targets.map(({ endpoint }) => ({ endpointId: endpoint.id, problems: [] }))),
    })),
    fails: 'observe finds what is missing: never attached, detached, or removed behind its back',
  },
  {
    fault: 'leaves the MTU of an interface that is there as it is',
    subject: withPlane((plane, host) => ({
      async attach(target, call) {
        const key = `/${pairOf(target)}`;
        const found = (await host.inspect()).interfaces[key]?.mtu;
        await plane.attach(target, call);
        await host.tamper(({ interfaces }) => {
          const end = interfaces[key];
          if (end !== undefined && found !== undefined) end.mtu = found;
        });
      },
    })),
    fails:
      'attach brings back what was removed or changed behind its back, and changes nothing else',
  },
  {
    fault: 'observes in an order of its own',
    subject: withPlane((plane) => ({
      observe: async (targets) => (await plane.observe(targets)).toReversed(),
    })),
    fails: 'observe gives one answer for each target, in their order, and changes nothing',
  },
  {
    fault: 'cannot observe without a sandbox',
    subject: withPlane((plane, host) => ({
      async observe(targets) {
        const { sandboxes } = await host.inspect();
        if (targets.some(({ sandbox }) => sandboxes[sandbox.name] === undefined))
          throw new Error('gone');
        return plane.observe(targets);
      },
    })),
    fails: 'observe answers when the sandbox or the interface of the network is gone',
  },
  {
    fault: 'takes all addresses of a container when one endpoint is detached',
    subject: withPlane(
      (plane) => ({
        async detach(target, call) {
          await plane.detach(target, call);
          for (const { network, endpoint } of target.siblings)
            await plane.detach({ ...target, network, endpoint }, call);
        },
      }),
      RESTRICTED,
    ),
    fails: 'a container is on several networks, and leaves each without harm to the others',
  },
  {
    fault: 'keeps one list for the containers of a network',
    subject: withPlane((plane, host) => ({
      async detach(target, call) {
        await plane.detach(target, call);
        await dropPairsOfOthers(host, target);
      },
    })),
    fails: 'several containers are attached and detached concurrently on one network',
  },
  {
    fault: 'gives the default route to the last endpoint',
    subject: withPlane((plane) => {
      const flat = (target: AttachTarget): AttachTarget => ({
        ...target,
        endpoint: { ...target.endpoint, gatewayPriority: 0, order: -1 },
        siblings: target.siblings.map((sibling) => ({
          ...sibling,
          endpoint: { ...sibling.endpoint, gatewayPriority: 0 },
        })),
      });
      return {
        attach: (target, call) => plane.attach(flat(target), call),
        observe: (targets) => plane.observe(targets.map(withoutGateway)),
      };
    }),
    fails:
      'the default route leaves by the network of the highest priority, and moves on when that is left',
    also: ['observe finds what is missing: never attached, detached, or removed behind its back'],
  },
  {
    fault: 'gives the default route to the lowest priority',
    subject: withPlane((plane) => ({
      attach: (target, call) => plane.attach(upsideDown(target), call),
      detach: (target, call) => plane.detach(upsideDown(target), call),
      observe: (targets) => plane.observe(targets.map(upsideDown)),
    })),
    fails:
      'the default route leaves by the network of the highest priority, and moves on when that is left',
  },
  {
    fault: 'sets no default route',
    subject: withPlane((plane) => ({
      attach: (target, call) => plane.attach(withoutGateway(target), call),
      detach: (target, call) => plane.detach(withoutGateway(target), call),
      observe: (targets) => plane.observe(targets.map(withoutGateway)),
    })),
    fails:
      'the default route leaves by the network of the highest priority, and moves on when that is left',
  },
  {
    fault: 'clears the whole bridge',
    subject: withPlane((plane, host) => ({
      async detach(target, call) {
        await plane.detach(target, call);
        await host.tamper((state) => {
          for (const one of Object.values(state.interfaces)) {
            if (one.owner === '' && one.bridge === target.network.interface) one.bridge = '';
          }
        });
      },
    })),
    fails: 'foreign resources stay unchanged, whatever is attached beside them',
  },
  {
    fault: 'takes over what has its name',
    subject: withPlane((plane, host) => ({
      async attach(target, call) {
        const key = `/${pairOf(target)}`;
        await host.tamper((state) => {
          if (state.interfaces[key]?.owner === '') delete state.interfaces[key];
        });
        await plane.attach(target, call);
      },
    })),
    fails: 'an interface that has the name but not the mark is refused, and stays as it is',
  },
];

function upsideDown(target: AttachTarget): AttachTarget {
  const turned = <T extends Pick<AttachTarget, 'endpoint'>>(one: T): T => ({
    ...one,
    endpoint: { ...one.endpoint, gatewayPriority: -one.endpoint.gatewayPriority },
  });
  return { ...turned(target), siblings: target.siblings.map(turned) };
}

/** So that observe does not miss the default route. */
function withoutGateway(target: AttachTarget): AttachTarget {
  const internal = (network: Network): Network => ({ ...network, internal: true });
  return {
    ...target,
    network: internal(target.network),
    siblings: target.siblings.map((one) => ({ ...one, network: internal(one.network) })),
  };
}

function dropPairsOfOthers(
  host: SimulatedPlatform,
  { network, sandbox }: AttachTarget,
): Promise<void> {
  return host.tamper((state) => {
    for (const one of Object.values(state.interfaces)) {
      const [inside] = (one.peer ?? '').split('/');
      if (one.bridge === network.interface && inside !== sandbox.name && inside !== '')
        one.bridge = '';
    }
  });
}
