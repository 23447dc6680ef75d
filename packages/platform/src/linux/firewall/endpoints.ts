/** What drivers use of the firewall: which interface on the host belongs to which endpoint. */
import type { CommandRunner } from '@kleenet/core';
import { heldAddresses } from '@kleenet/core/driver';
import type { AttachTarget, EndpointFirewall } from '@kleenet/core/driver';
import { kindOfHostInterface } from '@kleenet/core/linux';
import { guardPort, portStates, releasePort, restrictPort } from './senders.ts';
import type { GuardedPort, PortState } from './senders.ts';

export function createEndpointFirewall(commands: CommandRunner): EndpointFirewall {
  return {
    async guard(target, hostInterface, signal) {
      const port = portOf(target, hostInterface);
      if (port === undefined) return;
      await guardPort(commands, port, signal);
      await restrictPort(commands, port, signal);
    },
    async release(target, hostInterface, signal) {
      const port = portOf(target, hostInterface);
      if (port !== undefined) await releasePort(commands, port, signal);
    },
    async problems(target, hostInterface) {
      const port = portOf(target, hostInterface);
      if (port === undefined) return [];
      const [state] = await portStates(commands, [port]);
      return portProblems(target, state);
    },
  };
}

/** Undefined for a routed link: the way back to a sender must lead there, and the routes are all that says so. */
function portOf(target: AttachTarget, hostInterface: string): GuardedPort | undefined {
  const kind = kindOfHostInterface(hostInterface);
  if (kind === undefined)
    throw new TypeError(
      `the firewall takes ${hostInterface} for no interface of a container: name it with hostInterface() of @kleenet/core/linux`,
    );
  if (kind === 'link') return undefined;
  const { mac } = target.endpoint;
  if (mac === undefined)
    throw new TypeError(
      `the port ${hostInterface} has no MAC address: the driver needs the capability mac`,
    );
  const addresses = heldAddresses(target).map(({ address }) => address);
  return { interface: hostInterface, mac, addresses };
}

/** What is wrong with the permitted senders of a port; nothing where the host has no firewall. */
export function portProblems(
  { container }: Pick<AttachTarget, 'container'>,
  port: PortState | undefined,
): readonly string[] {
  if (port === undefined) return [];
  return [
    ...(port.guarded
      ? []
      : [`the firewall does not let container '${container.name}' send by ${port.interface}`]),
    ...port.foreign.map(
      (element) =>
        `the firewall lets container '${container.name}' send from an address that is not its own: ${element}`,
    ),
  ];
}
