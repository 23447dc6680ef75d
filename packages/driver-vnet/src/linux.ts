/**
 * vnet on Linux: a pair of interfaces, one end in the network's bridge and the other in the container's own stack.
 * Deleting the host's end deletes both, in every state of the container.
 */
import type {
  Argv,
  AttachHost,
  AttachTarget,
  DataPlane,
  DataPlaneDependencies,
  Observation,
  PlaneStatus,
  Resource,
} from '@kleenet/core/driver';
import { KleenetError, hasCode } from '@kleenet/core/errors';
import {
  LINK_GROUP,
  guardPort,
  ipBatch,
  ipRead,
  ipRemove,
  links,
  readLink,
  releasePort,
  unguardedPorts,
  writeSysctls,
} from '@kleenet/platform/linux';
import type { IpLink } from '@kleenet/platform/linux';
import {
  createLines,
  heldBy,
  hostEnd,
  joinLines,
  leaveLines,
  portOf,
  removeLines,
  resources,
  sandboxLines,
  sandboxSysctls,
} from './linux-plan.ts';

/** What the host has, read once for all targets. */
interface HostView {
  readonly links: readonly IpLink[];
  /** The ports that the firewall does not let send. */
  readonly unguarded: readonly string[];
}

export class LinuxVnet implements DataPlane {
  readonly #commands: DataPlaneDependencies['commands'];

  constructor({ commands }: DataPlaneDependencies) {
    this.#commands = commands;
  }

  async status(): Promise<PlaneStatus> {
    const [ip, nft] = await Promise.all([this.#has(['ip', '-V']), this.#has(['nft', '--version'])]);
    if (!ip) return { state: 'unavailable', reasons: ['ip(8) is missing: install iproute2'] };
    if (nft) return { state: 'ready', reasons: [] };
    return {
      state: 'degraded',
      reasons: [
        'nft(8) is missing, and containers can send from the addresses of others: install nftables',
      ],
    };
  }

  async #has(command: Argv): Promise<boolean> {
    try {
      await this.#commands.read(command);
      return true;
    } catch (error) {
      if (!hasCode(error, 'TOOL_MISSING')) throw error;
      return false;
    }
  }

  plan(target: AttachTarget): readonly Resource[] {
    return resources(target);
  }

  async attach(target: AttachTarget, { signal }: AttachHost): Promise<void> {
    const { name: netns } = target.sandbox;
    const there = await readLink(this.#commands, hostEnd(target), { signal });
    if (there !== undefined && !isOurs(there)) throw interfaceInUse(there);
    const lines = [...(there === undefined ? createLines(target) : []), ...joinLines(target)];
    await ipBatch(this.#commands, { lines, signal });
    await writeSysctls(this.#commands, sandboxSysctls(target), { netns, signal });
    const port = portOf(target);
    if (port !== undefined) await guardPort(this.#commands, port, signal);
    await ipBatch(this.#commands, { lines: sandboxLines(target), netns, signal });
  }

  /** The interface first: nothing else matters to the container once that is gone. */
  async detach(target: AttachTarget, { signal }: AttachHost): Promise<void> {
    const there = await readLink(this.#commands, hostEnd(target), { signal });
    const ours = there !== undefined && isOurs(there);
    const lines = [...(ours ? removeLines(target) : []), ...leaveLines(target)];
    const port = portOf(target);
    const results = await Promise.allSettled([
      ipRemove(this.#commands, { lines, signal }),
      port === undefined ? undefined : releasePort(this.#commands, port, signal),
    ]);
    for (const result of results) if (result.status === 'rejected') throw result.reason;
  }

  async observe(targets: readonly AttachTarget[]): Promise<readonly Observation[]> {
    if (targets.length === 0) return [];
    const ports = targets.flatMap((target) => portOf(target) ?? []);
    const [onHost, unguarded] = await Promise.all([
      ipRead(this.#commands, { lines: ['address show'] }),
      unguardedPorts(this.#commands, ports),
    ]);
    return Promise.all(
      targets.map((target) => this.#observeOne(target, { links: links(onHost), unguarded })),
    );
  }

  async #observeOne(target: AttachTarget, host: HostView): Promise<Observation> {
    const inside = await readLink(this.#commands, target.endpoint.interface, {
      netns: target.sandbox.name,
    });
    const outside = host.links.find(({ ifname }) => ifname === hostEnd(target));
    return {
      endpointId: target.endpoint.id,
      ...(outside === undefined ? {} : { hostInterface: outside.ifname }),
      problems: [...problems(target, outside, inside), ...portProblems(target, host.unguarded)],
    };
  }
}

function problems(
  target: AttachTarget,
  outside: IpLink | undefined,
  inside: IpLink | undefined,
): readonly string[] {
  const { container, endpoint, network } = target;
  if (outside === undefined || inside === undefined)
    return [`container '${container.name}' has no interface ${endpoint.interface}`];
  const held = new Set((inside.addr_info ?? []).map(({ local }) => local));
  return [
    ...(outside.master === network.interface
      ? []
      : [`${outside.ifname} is not a port of the bridge ${network.interface}`]),
    ...(isIsolated(outside) === !network.icc
      ? []
      : [
          `${outside.ifname} ${network.icc ? 'does not reach' : 'reaches'} the other ports of its bridge`,
        ]),
    ...(inside.address === endpoint.mac
      ? []
      : [
          `container '${container.name}' has the MAC address ${inside.address}, not ${endpoint.mac}`,
        ]),
    ...heldBy(target)
      .filter(({ address }) => !held.has(address))
      .map(({ address }) => `container '${container.name}' lacks its address ${address}`),
  ];
}

function portProblems(target: AttachTarget, unguarded: readonly string[]): readonly string[] {
  const name = hostEnd(target);
  if (!unguarded.includes(name)) return [];
  return [`the firewall does not let container '${target.container.name}' send by ${name}`];
}

function isIsolated({ linkinfo }: IpLink): boolean {
  return linkinfo?.info_slave_data?.isolated ?? false;
}

function isOurs({ group }: IpLink): boolean {
  return group === LINK_GROUP;
}

function interfaceInUse({ ifname: name }: IpLink): KleenetError {
  return new KleenetError(
    'INTERFACE_IN_USE',
    `the host already has an interface ${name} that klee did not make`,
    {
      hint: `rename or remove it: ip link delete dev ${name}`,
      details: { interface: name },
    },
  );
}
