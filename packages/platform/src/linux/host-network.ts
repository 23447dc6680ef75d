/** The network of the host for core: all of it, or what overlaps a few subnets. */
import type { Cidr, CommandRunner, HostNetwork } from '@kleenet/core';
import { HOST_ADDRESSES, HOST_ROUTES } from './host-look.ts';
import { hostNetwork, hostRoutes, ipRead } from './ip.ts';
import { readPolicyRoute } from './ways.ts';

/** For each subnet ip(8) asks the kernel for everything, and passes over the rest: of many, all is told sooner. */
const FEW = 4;

export async function readHostNetwork(
  commands: CommandRunner,
  near: readonly Cidr[] = [],
): Promise<HostNetwork> {
  const policyRoute: HostNetwork['policyRoute'] = (subnet) => readPolicyRoute(commands, subnet);
  if (near.length === 0 || near.length > FEW)
    return {
      ...hostNetwork(await ipRead(commands, HOST_ADDRESSES)),
      routes: async () => hostRoutes(await ipRead(commands, HOST_ROUTES)),
      policyRoute,
    };
  const objects = await ipRead(commands, { lines: near.flatMap(linesAbout), shared: true });
  return { ...hostNetwork(objects), routes: async () => hostRoutes(objects), policyRoute };
}

/** The addresses and routes in a subnet, and the routes that it is in. */
function linesAbout(subnet: Cidr): readonly string[] {
  return [
    `address show to ${subnet}`,
    `route show table all root ${subnet}`,
    `route show table all match ${subnet}`,
  ];
}
