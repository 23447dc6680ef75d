/**
 * vnet on Linux: a pair of interfaces, one end in the network's bridge and the other in the container's own stack.
 * Deleting the host's end deletes both, in every state of the container.
 */
import type {
  AttachHost,
  AttachTarget,
  DataPlane,
  DataPlaneDependencies,
  Observation,
  PlaneStatus,
  Resource,
} from '@kleenet/core/driver';
import { hasCode } from '@kleenet/core/errors';
import { ipBatch, ipRead, ipRemove, links, readLink } from '@kleenet/platform/linux';
import type { IpLink } from '@kleenet/platform/linux';
import { createLines, heldBy, hostEnd, joinLines, removeLines, resources, sandboxLines } from './linux-plan.ts';

export class LinuxVnet implements DataPlane {
  readonly #commands: DataPlaneDependencies['commands'];

  constructor({ commands }: DataPlaneDependencies) {
    this.#commands = commands;
  }

  async status(): Promise<PlaneStatus> {
    try {
      await this.#commands.read(['ip', '-V']);
      return { state: 'ready', reasons: [] };
    } catch (error) {
      if (!hasCode(error, 'TOOL_MISSING')) throw error;
      return { state: 'unavailable', reasons: ['ip(8) is missing: install iproute2'] };
    }
  }

  plan(target: AttachTarget): readonly Resource[] {
    return resources(target);
  }

  async attach(target: AttachTarget, { signal }: AttachHost): Promise<void> {
    const there = await readLink(this.#commands, hostEnd(target), { signal });
    const lines = [...(there === undefined ? createLines(target) : []), ...joinLines(target)];
    await ipBatch(this.#commands, { lines, signal });
    await ipBatch(this.#commands, { lines: sandboxLines(target), netns: target.sandbox.name, signal });
  }

  async detach(target: AttachTarget, { signal }: AttachHost): Promise<void> {
    await ipRemove(this.#commands, { lines: removeLines(target), signal });
  }

  async observe(targets: readonly AttachTarget[]): Promise<readonly Observation[]> {
    if (targets.length === 0) return [];
    const onHost = links(await ipRead(this.#commands, { lines: ['address show'] }));
    return Promise.all(targets.map((target) => this.#observeOne(target, onHost)));
  }

  async #observeOne(target: AttachTarget, onHost: readonly IpLink[]): Promise<Observation> {
    const inside = await readLink(this.#commands, target.endpoint.interface, { netns: target.sandbox.name });
    const outside = onHost.find(({ ifname }) => ifname === hostEnd(target));
    return {
      endpointId: target.endpoint.id,
      ...(outside === undefined ? {} : { hostInterface: outside.ifname }),
      problems: problems(target, outside, inside),
    };
  }
}

function problems(target: AttachTarget, outside: IpLink | undefined, inside: IpLink | undefined): readonly string[] {
  const { container, endpoint, network } = target;
  if (outside === undefined || inside === undefined) return [`container '${container.name}' has no interface ${endpoint.interface}`];
  const held = new Set((inside.addr_info ?? []).map(({ local }) => local));
  return [
    ...(outside.master === network.interface ? [] : [`${outside.ifname} is not a port of the bridge ${network.interface}`]),
    ...(inside.address === endpoint.mac ? [] : [`container '${container.name}' has the MAC address ${inside.address}, not ${endpoint.mac}`]),
    ...heldBy(target)
      .filter(({ address }) => !held.has(address))
      .map(({ address }) => `container '${container.name}' lacks its address ${address}`),
  ];
}
