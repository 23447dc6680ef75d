/** What drivers use of the firewall: which interface on the host belongs to which endpoint. */
import type { CommandRunner } from '@kleenet/core';
import type { EndpointFirewall } from '@kleenet/core/driver';
import { guardEndpoint, releaseEndpoint, unguardedEndpoints } from './guard.ts';

export function createEndpointFirewall(commands: CommandRunner): EndpointFirewall {
  return {
    guard: (target, hostInterface, signal) =>
      guardEndpoint(commands, { ...target, hostInterface }, signal),
    release: (target, hostInterface, signal) =>
      releaseEndpoint(commands, { ...target, hostInterface }, signal),
    async problems(target, hostInterface) {
      const unguarded = await unguardedEndpoints(commands, [{ ...target, hostInterface }]);
      return unguarded.length === 0 ? [] : [unguardedProblem(target.container, hostInterface)];
    },
  };
}

export function unguardedProblem(
  container: { readonly name: string },
  hostInterface: string,
): string {
  return `the firewall does not guard what container '${container.name}' sends by ${hostInterface}`;
}
