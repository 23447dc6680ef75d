/**
 * uplink on Linux: a pair of interfaces, one end a port of the network's bridge, the other in the container's own network
 * namespace. Deleting the port deletes both, in every state of the container.
 */
import type {
  AttachTarget,
  CheckOptions,
  DataPlane,
  DataPlaneDependencies,
  EndpointRequest,
  Issue,
  Network,
  NetworkOperation,
  Observation,
  Operation,
  PlaneStatus,
  Resource,
} from '@kleenet/core/driver';
import { settleAll } from '@kleenet/core/driver';
import { KleenetError, hasCode } from '@kleenet/core/errors';
import { isMarked, links } from '@kleenet/core/linux';
import type { IpLink } from '@kleenet/core/linux';
import { LinuxHost } from './linux-host.ts';
import { LinuxNetwork } from './linux-network.ts';
import { problems, strayAddresses } from './linux-observe.ts';
import {
  announceLines,
  createLines,
  insideLines,
  insideSettings,
  joinLines,
  leaveLines,
  portOf,
  portSettings,
  resources,
} from './linux-plan.ts';
import { networkResources } from './linux-rules.ts';
import { asFarAsKnown } from './options.ts';

/** In milliseconds: how long a bridge may take until it opens a new port. Until then it drops all packets. */
const OPENING_PATIENCE = 2000;
const OPENING_INTERVAL = 10;

export class LinuxUplink implements DataPlane {
  readonly #commands: DataPlaneDependencies['commands'];
  readonly #clock: DataPlaneDependencies['clock'];
  readonly #firewall: DataPlaneDependencies['firewall'];
  readonly #host: LinuxHost;
  readonly #network: LinuxNetwork;

  constructor({ commands, clock, firewall }: DataPlaneDependencies) {
    this.#commands = commands;
    this.#clock = clock;
    this.#firewall = firewall;
    this.#host = new LinuxHost(commands);
    this.#network = new LinuxNetwork(this.#host);
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

  async attach(target: AttachTarget, { signal }: Operation): Promise<void> {
    const { name: netns } = target.sandbox;
    const port = await this.#port(target, signal);
    if (port !== undefined && !isMarked(port)) throw interfaceInUse(port);
    if (port === undefined) await this.#host.batch(createLines(target), { signal });
    else await this.#removeStray(target, signal);
    await this.#host.set(portSettings(target), { signal });
    await this.#host.batch(joinLines(target), { signal });
    await this.#firewall?.guard(target, portOf(target), signal);
    await this.#host.set(insideSettings(target), { netns, signal });
    await this.#host.batch(insideLines(target), { netns, signal });
    if (port === undefined) await this.#announce(target, signal);
  }

  /** The kernel has an address once only: one with another prefix length keeps ours away. */
  async #removeStray(target: AttachTarget, signal: AbortSignal): Promise<void> {
    const { endpoint, sandbox } = target;
    const place = { netns: sandbox.name, signal };
    const shown = await this.#host.show(`address show dev ${endpoint.interface}`, place);
    for (const address of links(shown).flatMap((device) => strayAddresses(target, device)))
      await this.#host.remove(`address delete ${address} dev ${endpoint.interface}`, place);
  }

  /** Neighbours may remember an earlier holder of the address, and hear nothing before the port is open. */
  async #announce(target: AttachTarget, signal: AbortSignal): Promise<void> {
    for (let waited = 0; waited < OPENING_PATIENCE; waited += OPENING_INTERVAL) {
      const port = await this.#port(target, signal);
      if (port === undefined || isOpen(port)) break;
      await this.#clock.sleep(OPENING_INTERVAL, signal);
    }
    await this.#host.batch(announceLines(target), { netns: target.sandbox.name, signal });
  }

  async #port(target: AttachTarget, signal: AbortSignal): Promise<IpLink | undefined> {
    return links(await this.#host.show(`link show dev ${portOf(target)}`, { signal }))[0];
  }

  async detach(target: AttachTarget, { signal }: Operation): Promise<void> {
    const port = await this.#port(target, signal);
    const isOurs = port !== undefined && isMarked(port);
    const lines = [...(isOurs ? [`link delete dev ${port.ifname}`] : []), ...leaveLines(target)];
    await settleAll([
      ...lines.map((line) => this.#host.remove(line, { signal })),
      ...(this.#firewall === undefined
        ? []
        : [this.#firewall.release(target, portOf(target), signal)]),
    ]);
  }

  planNetwork(network: Network): readonly Resource[] {
    return networkResources(network);
  }

  networkUp(network: Network, { signal }: NetworkOperation): Promise<void> {
    return this.#network.up(network, signal);
  }

  networkDown(network: Network, { signal }: NetworkOperation): Promise<void> {
    return this.#network.down(network, signal);
  }

  observeNetwork(network: Network): Promise<readonly string[]> {
    return this.#network.observe(network);
  }

  checkNetwork(network: Network, { signal }: CheckOptions): Promise<readonly Issue[]> {
    return asFarAsKnown(this.#network.check(network, signal));
  }

  /** An uplink may have gone since the network was made. */
  checkEndpoint(
    network: Network,
    _request: EndpointRequest,
    { signal }: CheckOptions,
  ): Promise<readonly Issue[]> {
    return asFarAsKnown(this.#network.checkWayOut(network, signal));
  }

  observe(targets: readonly AttachTarget[]): Promise<readonly Observation[]> {
    return Promise.all(targets.map((target) => this.#observeOne(target)));
  }

  async #observeOne(target: AttachTarget): Promise<Observation> {
    const { endpoint, sandbox } = target;
    const { name: netns } = sandbox;
    const port = portOf(target);
    const [ports, known, proxied, devices, routes, ...settings] = await Promise.all([
      this.#host.show(`address show dev ${port}`),
      this.#host.show('neighbour show nud permanent'),
      this.#host.show('neighbour show proxy'),
      this.#host.show(`address show dev ${endpoint.interface}`, { netns }),
      this.#host.show(`route show table all dev ${endpoint.interface}`, { netns }),
      this.#host.holds(portSettings(target)),
      this.#host.holds(insideSettings(target), { netns }),
    ]);
    const found = {
      host: [...ports, ...known, ...proxied],
      inside: [...devices, ...routes],
      settings: settings.flat(),
    };
    return {
      endpointId: endpoint.id,
      ...(links(ports).length === 0 ? {} : { hostInterface: port }),
      problems: [
        ...problems(target, found),
        ...((await this.#firewall?.problems(target, port)) ?? []),
      ],
    };
  }
}

/** A port drops packets until its bridge has opened it. */
function isOpen({ linkinfo }: IpLink): boolean {
  return linkinfo?.info_slave_data?.state === 'forwarding';
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
