/**
 * ipnet on Linux: the sandbox has one routed link to the host, made by the platform. An endpoint is an address on it
 * with routes in both directions. The container has no CAP_NET_ADMIN, so it can neither take another address nor change
 * an interface.
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
import { hasCode } from '@kleenet/core/errors';
import { LINK_GROUP, isMarked, links } from '@kleenet/core/linux';
import type { IpLink, IpObject } from '@kleenet/core/linux';
import {
  HOST_ADDRESSES,
  atInterface,
  hasIp,
  ipBatch,
  ipBatchShowing,
  ipLook,
  ipRead,
  ipRemove,
  lookAtHost,
  lookInside,
} from '@kleenet/platform/linux';
import {
  defaultRouteLookLines,
  foreign,
  hostPart,
  hostProblems,
  isProxied,
  ownDefaultRouteLines,
  sandboxLookLines,
  sandboxProblems,
} from './linux-observe.ts';
import {
  advertisedLookLines,
  announceLines,
  hostAttachLines,
  hostDetachLines,
  linkOf,
  proxyLines,
  resources,
  sandboxAttachLines,
  sandboxDetachLines,
  unannounceLines,
} from './linux-plan.ts';

/** In milliseconds: how long attach waits for the kernel's announcement. */
const ADVERTISING_PATIENCE = 1000;
const ADVERTISING_INTERVAL = 5;

export class LinuxIpnet implements DataPlane {
  readonly #commands: DataPlaneDependencies['commands'];
  readonly #clock: DataPlaneDependencies['clock'];
  readonly #logger: DataPlaneDependencies['logger'];

  constructor({ commands, clock, logger }: DataPlaneDependencies) {
    this.#commands = commands;
    this.#clock = clock;
    this.#logger = logger;
  }

  async status(): Promise<PlaneStatus> {
    // By what connecting and starting read next in any case.
    if (await hasIp(this.#commands)) return { state: 'ready', reasons: [] };
    return { state: 'unavailable', reasons: ['ip(8) is missing: install iproute2'] };
  }

  plan(target: AttachTarget): readonly Resource[] {
    return resources(target);
  }

  /** Both sides at the same time: a packet that is faster is dropped without an answer, as the container forwards none. */
  async attach(target: AttachTarget, { signal }: Operation): Promise<void> {
    const host = await ipRead(this.#commands, { ...HOST_ADDRESSES, signal });
    await settleAll([
      this.#attachInside(target, signal),
      this.#attachOutside(target, host, signal),
    ]);
  }

  /**
   * The address is announced on the link unless the host already proxied it: an announcement disturbs open connections.
   * An announcement is best effort: without it, for example on an interface that is down, neighbours notice later by
   * themselves.
   */
  async #attachOutside(
    target: AttachTarget,
    host: readonly IpObject[],
    signal: AbortSignal,
  ): Promise<void> {
    const { hostInterface, hostMac } = linkOf(target);
    const own = links(atInterface(host, hostInterface));
    const lines = [...groupLines(own), ...macLines(own, hostMac), ...hostAttachLines(target)];
    const proxies = proxyLines(target);
    const announcement = isProxied(target, host) ? [] : announceLines(target, host);
    const mustWait = announcement.length > 0 && advertisedLookLines(target).length > 0;
    try {
      const all = [...lines, ...announcement, ...(mustWait ? [] : proxies)];
      await ipBatch(this.#commands, { lines: all, signal });
      if (!mustWait) return;
      await this.#waitUntilAdvertised(target, signal);
    } catch (error) {
      if (!hasCode(error, 'PLATFORM_COMMAND_FAILED')) throw error;
      await ipBatch(this.#commands, { lines, signal });
      this.#logger.debug(`a container was not announced to its neighbours: ${error.message}`);
    }
    await ipRemove(this.#commands, { lines: unannounceLines(target), signal });
    await ipBatch(this.#commands, { lines: proxies, signal });
  }

  async #attachInside(target: AttachTarget, signal: AbortSignal): Promise<void> {
    const { name: netns } = target.sandbox;
    const lines = [...sandboxAttachLines(target), ...sandboxLookLines(target)];
    const shown = await ipBatchShowing(this.#commands, { lines, netns, signal });
    const mac = macLines(links(shown), linkOf(target).mac);
    if (mac.length > 0) {
      // A new MAC address makes the kernel drop the neighbour entries.
      await ipBatch(this.#commands, { lines: [...mac, ...lines], netns, signal });
    }
    const strange = foreign(target, shown).map(({ line }) => line);
    if (strange.length === 0) return;
    await ipRemove(this.#commands, { lines: strange, netns, signal });
    // The kernel has an IPv6 address once only, so one with another prefix length kept ours away.
    await ipBatch(this.#commands, { lines, netns, signal });
  }

  /** The kernel advertises an IPv6 address a moment after it was added. */
  async #waitUntilAdvertised(target: AttachTarget, signal: AbortSignal): Promise<void> {
    const lines = advertisedLookLines(target);
    for (let waited = 0; waited < ADVERTISING_PATIENCE; waited += ADVERTISING_INTERVAL) {
      const shown = links(await ipLook(this.#commands, { lines, signal }));
      const waiting = shown.flatMap(({ addr_info: found = [] }) => found);
      if (!waiting.some(({ tentative }) => tentative === true)) return;
      await this.#clock.sleep(ADVERTISING_INTERVAL, signal);
    }
  }

  async detach(target: AttachTarget, { signal }: Operation): Promise<void> {
    await settleAll([
      ipRemove(this.#commands, { lines: hostDetachLines(target), signal }),
      this.#detachInside(target, signal),
    ]);
  }

  async #detachInside(target: AttachTarget, signal: AbortSignal): Promise<void> {
    const { name: netns } = target.sandbox;
    const shown = await ipLook(this.#commands, {
      lines: defaultRouteLookLines(target),
      netns,
      signal,
    });
    const lines = [...ownDefaultRouteLines(target, shown), ...sandboxDetachLines(target)];
    await ipRemove(this.#commands, { lines, netns, signal });
  }

  observe(targets: readonly AttachTarget[]): Promise<readonly Observation[]> {
    return Promise.all(targets.map((target) => this.#observeOne(target)));
  }

  async #observeOne(target: AttachTarget): Promise<Observation> {
    const [host, all] = await Promise.all([
      lookAtHost(this.#commands),
      lookInside(this.#commands, target.sandbox.name),
    ]);
    const inside = atInterface(all, linkOf(target).interface);
    return {
      endpointId: target.endpoint.id,
      problems: [
        ...sandboxProblems(target, inside),
        ...hostProblems(target, hostPart(target, host)),
      ],
    };
  }
}

/** A klee that died while it was about to delete the interface has left it in another group. */
function groupLines(shown: readonly IpLink[]): readonly string[] {
  return shown
    .filter(({ group }) => group !== LINK_GROUP && isMarked({ group }))
    .map(({ ifname }) => `link set dev ${ifname} group ${LINK_GROUP}`);
}

/**
 * Not repeated if it is correct: setting a MAC address makes the kernel drop every neighbour entry of the interface.
 */
function macLines(shown: readonly IpLink[], mac: string): readonly string[] {
  return shown
    .filter(({ address }) => address !== mac)
    .map(({ ifname }) => `link set dev ${ifname} address ${mac}`);
}
