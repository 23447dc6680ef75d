/**
 * vnet on Linux: a pair of interfaces, one end in the network's bridge and the other in the container's own stack.
 * Deleting the host's end deletes both, in every state of the container.
 */
import type {
  Operation,
  AttachTarget,
  DataPlane,
  DataPlaneDependencies,
  Observation,
  PlaneStatus,
  Resource,
} from '@kleenet/core/driver';
import { settleAll } from '@kleenet/core/driver';
import { KleenetError, hasCode } from '@kleenet/core/errors';
import { isMarked, links } from '@kleenet/core/linux';
import type { IpLink } from '@kleenet/core/linux';
import {
  atInterface,
  changeInside,
  createHostFiles,
  differingSysctls,
  differingSysctlsAt,
  guardPort,
  hasIp,
  hasNft,
  ipBatch,
  ipLook,
  ipRemove,
  connectedRouteLine,
  portProblems,
  portStates,
  lookAtHost,
  lookInside,
  readLink,
  releasePort,
  restrictPort,
  staleRouteLine,
  writeSysctls,
} from '@kleenet/platform/linux';
import type { PortState } from '@kleenet/platform/linux';
import {
  hostPart,
  hostProblems,
  missingRoutes,
  portSettingProblem,
  sandboxLookLines,
  sandboxProblems,
  settingProblems,
  strayAddresses,
} from './linux-observe.ts';
import {
  announceLines,
  createLines,
  hostEnd,
  joinLines,
  leaveLines,
  portOf,
  portSysctls,
  removeLines,
  resources,
  sandboxLines,
  sandboxSysctls,
} from './linux-plan.ts';

/** In milliseconds: how long the announcement of an address may wait for its port. */
const OPENING_PATIENCE = 2000;
const OPENING_INTERVAL = 10;

/** BR_STATE_FORWARDING of linux/if_bridge.h. */
const FORWARDING = '3';

export class LinuxVnet implements DataPlane {
  readonly #commands: DataPlaneDependencies['commands'];
  readonly #clock: DataPlaneDependencies['clock'];

  constructor({ commands, clock }: DataPlaneDependencies) {
    this.#commands = commands;
    this.#clock = clock;
  }

  async status(): Promise<PlaneStatus> {
    // What connecting and starting read next in any case.
    const [ip, nft] = await Promise.all([hasIp(this.#commands), hasNft(this.#commands)]);
    if (!ip) return { state: 'unavailable', reasons: ['ip(8) is missing: install iproute2'] };
    if (nft) return { state: 'ready', reasons: [] };
    return {
      state: 'degraded',
      reasons: [
        'nft(8) is missing, and containers can send from the addresses of others: install nftables',
      ],
    };
  }

  plan(target: AttachTarget): readonly Resource[] {
    return resources(target);
  }

  async attach(target: AttachTarget, { signal }: Operation): Promise<void> {
    const isNew = await this.#makePair(target, signal);
    await writeSysctls(this.#commands, portSysctls(target), { signal });
    if (isNew) {
      // A port without entries sends nothing.
      await settleAll([this.#guard(target, signal), this.#setUpInside(target, signal)]);
      await this.#announce(target, signal);
    } else {
      await this.#guard(target, signal);
      await this.#restrict(target, signal);
      await this.#removeStray(target, signal);
      await this.#setUpInside(target, signal);
      await this.#restoreRoutes(target, signal);
    }
  }

  /** Plugs the pair in. Returns whether it had to be made: usually it has, so nothing is looked at before. */
  async #makePair(target: AttachTarget, signal: AbortSignal): Promise<boolean> {
    try {
      await ipBatch(this.#commands, {
        lines: [...createLines(target), ...joinLines(target)],
        signal,
      });
      return true;
    } catch (error) {
      if (!hasCode(error, 'PLATFORM_COMMAND_FAILED')) throw error;
      const there = await readLink(this.#commands, hostEnd(target), { signal });
      if (there === undefined) throw error;
      if (!isOurs(there)) throw interfaceInUse(there);
    }
    await ipBatch(this.#commands, { lines: joinLines(target), signal });
    return false;
  }

  async #guard(target: AttachTarget, signal: AbortSignal): Promise<void> {
    const port = portOf(target);
    if (port !== undefined) await guardPort(this.#commands, port, signal);
  }

  async #restrict(target: AttachTarget, signal: AbortSignal): Promise<void> {
    const port = portOf(target);
    if (port !== undefined) await restrictPort(this.#commands, port, signal);
  }

  async #setUpInside(target: AttachTarget, signal: AbortSignal): Promise<void> {
    await changeInside(this.#commands, {
      netns: target.sandbox.name,
      settings: sandboxSysctls(target),
      lines: sandboxLines(target),
      signal,
    });
  }

  /** Those that the kernel makes with an address, and does not make again. */
  async #restoreRoutes(target: AttachTarget, signal: AbortSignal): Promise<void> {
    const { name: netns } = target.sandbox;
    const shown = await ipLook(this.#commands, { lines: sandboxLookLines(target), netns, signal });
    const missing = missingRoutes(target, shown);
    await ipRemove(this.#commands, { lines: missing.map(staleRouteLine), netns, signal });
    await ipBatch(this.#commands, { lines: missing.map(connectedRouteLine), netns, signal });
  }

  /** The kernel has an IPv6 address once only: one with another prefix length keeps ours away. */
  async #removeStray(target: AttachTarget, signal: AbortSignal): Promise<void> {
    const { interface: device } = target.endpoint;
    const netns = target.sandbox.name;
    const shown = await ipLook(this.#commands, {
      lines: [`address show dev ${device}`],
      netns,
      signal,
    });
    const lines = strayAddresses(target, shown).map(
      ({ local, prefixlen }) => `address delete ${local}/${prefixlen} dev ${device}`,
    );
    await ipRemove(this.#commands, { lines, netns, signal });
  }

  /** A new port drops packets until the bridge opens it, some time later. */
  async #announce(target: AttachTarget, signal: AbortSignal): Promise<void> {
    for (let waited = 0; waited < OPENING_PATIENCE; waited += OPENING_INTERVAL) {
      if (!(await this.#isClosed(target, signal))) break;
      await this.#clock.sleep(OPENING_INTERVAL, signal);
    }
    await ipBatch(this.#commands, {
      lines: announceLines(target),
      netns: target.sandbox.name,
      signal,
    });
  }

  /** A port that is gone is not closed. /sys may show another network stack, and then has no such port. */
  async #isClosed(target: AttachTarget, signal: AbortSignal): Promise<boolean> {
    const name = hostEnd(target);
    const state = await createHostFiles().read(`/sys/class/net/${name}/brport/state`);
    if (state !== undefined) return state.trim() !== FORWARDING;
    const shown = await ipLook(this.#commands, { lines: [`link show dev ${name}`], signal });
    return links(shown).some((port) => !isOpen(port));
  }

  /** The interface first: without it nothing else affects the container. */
  async detach(target: AttachTarget, { signal }: Operation): Promise<void> {
    const there = await readLink(this.#commands, hostEnd(target), { signal });
    const ours = there !== undefined && isOurs(there);
    const lines = [...(ours ? removeLines(target) : []), ...leaveLines(target)];
    const port = portOf(target);
    await settleAll([
      ipRemove(this.#commands, { lines, signal }),
      ...(port === undefined ? [] : [releasePort(this.#commands, port, signal)]),
    ]);
  }

  async observe(targets: readonly AttachTarget[]): Promise<readonly Observation[]> {
    if (targets.length === 0) return [];
    const guarded = targets.flatMap((target) => portOf(target) ?? []);
    const ports = await portStates(this.#commands, guarded);
    return Promise.all(targets.map((target) => this.#observeOne(target, ports)));
  }

  async #observeOne(target: AttachTarget, ports: readonly PortState[]): Promise<Observation> {
    const { name: netns } = target.sandbox;
    const [host, all, settings, portSettings] = await Promise.all([
      lookAtHost(this.#commands),
      lookInside(this.#commands, netns),
      differingSysctlsAt(this.#commands, sandboxSysctls(target), netns),
      differingSysctls(createHostFiles(), portSysctls(target)),
    ]);
    const inside = atInterface(all, target.endpoint.interface);
    const outside = hostPart(target, host);
    const [end] = links(outside);
    const whole = end !== undefined && links(inside).length > 0;
    return {
      endpointId: target.endpoint.id,
      ...(end === undefined ? {} : { hostInterface: end.ifname }),
      problems: [
        ...(whole
          ? []
          : [`container '${target.container.name}' has no interface ${target.endpoint.interface}`]),
        ...(whole ? hostProblems(target, outside) : []),
        ...(whole ? sandboxProblems(target, inside) : []),
        ...(whole ? settingProblems(target, settings) : []),
        ...(whole ? portSettings.map(portSettingProblem) : []),
        ...portProblems(
          target,
          ports.find((port) => port.interface === hostEnd(target)),
        ),
      ],
    };
  }
}

function isOpen({ linkinfo }: IpLink): boolean {
  return linkinfo?.info_slave_data?.state === 'forwarding';
}

function isOurs({ group }: IpLink): boolean {
  return isMarked({ group });
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
