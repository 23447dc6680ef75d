/**
 * ipnet on Linux: the sandbox has one routed link to the host, made by the platform. An endpoint is an address on it
 * with the routes that lead there and back. The container has no CAP_NET_ADMIN, so it can neither take another
 * address nor change an interface.
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
import { ipBatch, ipRead, ipRemove, readLink, routes } from '@kleenet/platform/linux';
import type { IpLink, IpRoute } from '@kleenet/platform/linux';
import {
  heldBy,
  hostAttachLines,
  hostDetachLines,
  linkOf,
  resources,
  sandboxAttachLines,
  sandboxDetachLines,
  single,
} from './linux-plan.ts';

export class LinuxIpnet implements DataPlane {
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

  /** From inside to outside: once the host routes packets to the address, the container can answer. */
  async attach(target: AttachTarget, { signal }: AttachHost): Promise<void> {
    await ipBatch(this.#commands, {
      lines: sandboxAttachLines(target),
      netns: target.sandbox.name,
      signal,
    });
    await ipBatch(this.#commands, { lines: hostAttachLines(target), signal });
  }

  async detach(target: AttachTarget, { signal }: AttachHost): Promise<void> {
    const outside = await this.#tried(() =>
      ipRemove(this.#commands, { lines: hostDetachLines(target), signal }),
    );
    const inside = await this.#tried(() =>
      ipRemove(this.#commands, {
        lines: sandboxDetachLines(target),
        netns: target.sandbox.name,
        signal,
      }),
    );
    const failure = outside ?? inside;
    if (failure !== undefined) throw failure.error;
  }

  async #tried(step: () => Promise<void>): Promise<{ readonly error: unknown } | undefined> {
    try {
      await step();
      return undefined;
    } catch (error) {
      return { error };
    }
  }

  async observe(targets: readonly AttachTarget[]): Promise<readonly Observation[]> {
    if (targets.length === 0) return [];
    const onHost = routes(await ipRead(this.#commands, { lines: ['route show table all'] }));
    return Promise.all(targets.map((target) => this.#observeOne(target, onHost)));
  }

  async #observeOne(target: AttachTarget, onHost: readonly IpRoute[]): Promise<Observation> {
    const { interface: device } = linkOf(target);
    const link = await readLink(this.#commands, device, { netns: target.sandbox.name });
    return { endpointId: target.endpoint.id, problems: problems(target, link, onHost) };
  }
}

function problems(
  target: AttachTarget,
  link: IpLink | undefined,
  onHost: readonly IpRoute[],
): readonly string[] {
  const { hostInterface, interface: device } = linkOf(target);
  if (link === undefined)
    return [`container '${target.container.name}' has no interface ${device}`];
  const inside = new Set((link.addr_info ?? []).map(({ local }) => local));
  return heldBy(target).flatMap((held) => [
    ...(inside.has(held.address)
      ? []
      : [`container '${target.container.name}' lacks its address ${held.address}`]),
    ...(onHost.some(
      ({ dst, dev }) => dev === hostInterface && (dst === held.address || dst === single(held)),
    )
      ? []
      : [`the host has no route to ${held.address} of container '${target.container.name}'`]),
  ]);
}
