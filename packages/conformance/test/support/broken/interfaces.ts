/** Drivers that set something else on interfaces than they should, or lack a route. */
import type { AttachTarget, Cidr, DataPlane } from '@kleenet/core/driver';
import { KleenetError } from '@kleenet/core/errors';
import type { SimulatedInterface, SimulatedPlatform } from '@kleenet/core/testing';
import { RESTRICTED, withPlane } from '../reference.ts';
import { firstFamily, pairOf } from './broken-driver.ts';
import type { BrokenDriver } from './broken-driver.ts';

export const BROKEN_INTERFACES: readonly BrokenDriver[] = [
  {
    fault: 'gives a container no IPv6 on its second network',
    subject: withPlane((plane) => {
      const { attach, observe } = throughout(plane, (target) =>
        target.endpoint.order > 0 ? firstFamily(target) : target,
      );
      return { attach, observe };
    }, RESTRICTED),
    fails:
      'attach gives the container the families on a second network that it gives it on the first',
  },
  {
    fault: 'takes a prefix length for granted',
    subject: withPlane((plane) => throughout(plane, withWideSubnets)),
    fails: 'attach gives each address the prefix length of its subnet, or its own of 32 or 128',
  },
  {
    fault: 'leaves the interface in the container down',
    subject: withPlane((plane, host) => ({
      async attach(target, call) {
        await plane.attach(target, call);
        await changeEnds(host, target, 'inside', (end) => void (end.details = {}));
      },
    })),
    fails: 'attach brings up what has the addresses in the container',
  },
  {
    fault: "leaves the host's end of a pair down",
    subject: withPlane((plane, host) => ({
      async attach(target, call) {
        await plane.attach(target, call);
        await changeEnds(host, target, 'outside', (end) => void (end.details = {}));
      },
    })),
    fails: 'attach brings up the other end on the host of what has the addresses in the container',
  },
  {
    fault: 'does not see that an interface is down',
    subject: withPlane((plane, host) => ({
      async attach(target, call) {
        await plane.attach(target, call);
        await changeEnds(host, target, 'inside', (end) => void (end.details = { up: 'yes' }));
      },
    })),
    fails: 'observe finds what is missing: never attached, detached, or removed behind its back',
  },
  {
    fault: 'ignores the MTU of the network',
    subject: withPlane((plane, host) => ({
      async attach(target, call) {
        await plane.attach(target, call);
        for (const end of ['inside', 'outside'] as const)
          await changeEnds(host, target, end, (one) => void (one.mtu = 1500));
      },
      observe: async (targets) =>
        (await plane.observe(targets)).map(({ problems, ...one }) => ({
          ...one,
          problems: problems.filter((problem) => !/ is 1500, not /.test(problem)),
        })),
    })),
    fails: 'attach makes no interface with a larger MTU than that of the network',
  },
  {
    fault: 'does not know what an internal network is',
    subject: withPlane((plane) =>
      throughout(plane, (target) => ({
        ...target,
        network: { ...target.network, internal: false },
      })),
    ),
    fails: 'attach gives the container no default route by an internal network',
  },
  {
    fault: 'makes no route on the host to its containers',
    subject: withPlane((plane, host) => {
      const elsewhere = throughout(plane, (target) => ({
        ...target,
        network: { ...target.network, interface: 'lo' },
      }));
      return {
        ...elsewhere,
        async attach(target, call) {
          const { interfaces } = await host.inspect();
          if (interfaces[`/${target.network.interface}`] === undefined)
            throw new KleenetError('INTERFACE_NOT_FOUND', 'there is no such network');
          await elsewhere.attach(target, call);
        },
      };
    }, RESTRICTED),
    fails: 'attach makes a route on the host to each address behind a routed link of the sandbox',
    on: 'linux',
  },
];

/** Takes a target for another one, always. */
function throughout(
  plane: DataPlane,
  change: (target: AttachTarget) => AttachTarget,
): Pick<DataPlane, 'plan' | 'attach' | 'detach' | 'observe'> {
  return {
    plan: (target) => plane.plan(change(target)),
    attach: (target, call) => plane.attach(change(target), call),
    detach: (target, call) => plane.detach(change(target), call),
    observe: (targets) => plane.observe(targets.map(change)),
  };
}

function withWideSubnets(target: AttachTarget): AttachTarget {
  const { ipv4, ipv6 } = target.network.pools;
  const pools = {
    ...(ipv4 === undefined ? {} : { ipv4: { ...ipv4, subnet: '10.0.0.0/8' as Cidr } }),
    ...(ipv6 === undefined ? {} : { ipv6: { ...ipv6, subnet: 'fd00::/16' as Cidr } }),
  };
  return { ...target, network: { ...target.network, pools } };
}

function changeEnds(
  host: SimulatedPlatform,
  target: AttachTarget,
  end: 'inside' | 'outside',
  change: (one: SimulatedInterface) => void,
): Promise<void> {
  const key =
    end === 'outside'
      ? `/${pairOf(target)}`
      : `${target.sandbox.name}/${target.endpoint.interface}`;
  return host.tamper(({ interfaces }) => {
    const one = interfaces[key];
    if (one !== undefined) change(one);
  });
}
