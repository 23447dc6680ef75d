/** A simulated host for one case, with what the first attach finds there. */
import type { SandboxSpec } from '@kleenet/core';
import type { AttachTarget, DataPlane, Network, Resource } from '@kleenet/core/driver';
import {
  SILENT_LOGGER,
  buildAttachTarget,
  buildContainer,
  buildEndpoint,
  buildNetwork,
  buildRun,
  createFakeClock,
  createReplayRunner,
  createSimulatedPlatform,
  inProcessStorage,
} from '@kleenet/core/testing';
import type { Fault, HostStorage, SimulatedPlatform, SimulatedState } from '@kleenet/core/testing';
import type { Candidate } from './candidate.ts';
import { Process, UNDISTURBED } from './process.ts';
import type { Variant } from './variants.ts';

export interface WorldOptions {
  /** Default 1. */
  readonly networks?: number;
  /** Each is on every network. Default 1. */
  readonly containers?: number;
}

/** Which connection a target is for. */
export interface Place {
  /** From 0, which is the default. */
  readonly container?: number;
  /** From 0, which is the default. */
  readonly network?: number;
  /** The other networks of the container to which it is attached. Default: none. */
  readonly attached?: readonly number[];
  /** Default 0 for all; by network. */
  readonly priorities?: readonly number[];
}

/** A host with networks that are up and sandboxes that are made: the state in which core calls `attach`. */
export class World {
  readonly host: SimulatedPlatform;
  readonly networks: readonly Network[];
  readonly #specs: readonly SandboxSpec[];
  readonly #candidate: Candidate;
  readonly #storage: HostStorage;
  readonly #claims: Map<string, Resource[]> = new Map();

  private constructor(candidate: Candidate, variant: Variant, options: WorldOptions) {
    const { capabilities, name: driver } = candidate.driver;
    this.#candidate = candidate;
    this.#storage = inProcessStorage();
    this.host = createSimulatedPlatform({ storage: this.#storage });
    this.networks = numbers(options.networks ?? 1).map((index) => networkAt(variant, index));
    this.#specs = numbers(options.containers ?? 1).map((index) => {
      const name = `container${index}`;
      const container = buildContainer({ name, driver, stack: capabilities.stack });
      return { container, run: buildRun(container) };
    });
  }

  /** A world in which nothing is attached yet. */
  static async open(
    candidate: Candidate,
    variant: Variant,
    options: WorldOptions = {},
  ): Promise<World> {
    const world = new World(candidate, variant, options);
    const { host } = world;
    for (const network of world.networks) await host.networks.up(network, UNDISTURBED);
    for (const spec of world.#specs) {
      await host.sandboxes.create(spec, UNDISTURBED);
    }
    return world;
  }

  /** The whole host as it is now. */
  state(): Promise<SimulatedState> {
    return this.host.inspect();
  }

  /** Starts the commands of the containers. */
  async start(): Promise<void> {
    for (const spec of this.#specs) {
      await this.host.sandboxes.start(spec, { mode: 'detached', reap: ['true'] }, UNDISTURBED);
    }
  }

  async destroySandboxes(): Promise<void> {
    for (const spec of this.#specs) await this.host.sandboxes.destroy(spec, UNDISTURBED);
  }

  async takeNetworksDown(): Promise<void> {
    for (const network of this.networks) await this.host.networks.down(network, [], UNDISTURBED);
  }

  /** What core would hand over for a connection, with the claims that are recorded for it by now. */
  target(place: Place = {}): AttachTarget {
    const { container: number = 0, network: index = 0, attached = [] } = place;
    const { container } = at(this.#specs, number);
    const connections = this.networks.map((network, n) => ({
      network,
      endpoint: buildEndpoint({
        network,
        container,
        index: n,
        host: 10 + number,
        gatewayPriority: place.priorities?.[n] ?? 0,
        options: this.#candidate.endpointOptions,
      }),
      attached: attached.includes(n),
    }));
    const { endpoint, network } = at(connections, index);
    return buildAttachTarget({
      network,
      container,
      endpoint,
      siblings: connections.filter((_, n) => n !== index),
      claims: this.claims(endpoint.id),
    });
  }

  claims(endpointId: string): readonly Resource[] {
    return this.#claims.get(endpointId) ?? [];
  }

  /** A process that works on the host, with what goes wrong in it; its steps are counted from 1. */
  async process(faults: readonly Fault[] = []): Promise<Process> {
    const host = createSimulatedPlatform({ storage: this.#storage, faults });
    const driver = this.#candidate.on(host);
    const load = driver.dataPlanes.memory ?? (() => Promise.resolve(generic(host, driver)));
    const dependencies = {
      commands: createReplayRunner([]),
      clock: createFakeClock(),
      logger: SILENT_LOGGER,
    };
    const plane = await load(dependencies);
    const claim = (endpointId: string, resource: Resource): void => {
      this.#claims.set(endpointId, [...this.claims(endpointId), resource]);
    };
    return new Process({ host, plane, claim, deadline: this.#candidate.deadline });
  }
}

function generic(host: SimulatedPlatform, { name, capabilities }: Candidate['driver']): DataPlane {
  const plane = host.genericDataPlane?.(capabilities);
  if (plane === undefined) throw new TypeError(`the simulated host has no data plane for ${name}`);
  return plane;
}

function networkAt({ type, families }: Variant, index: number): Network {
  return buildNetwork({
    name: `network${index}`,
    type,
    ...(families.includes('ipv4') ? { subnet: `10.36.${index}.0/24` } : {}),
    ...(families.includes('ipv6') ? { subnet6: `fd00:36:${index}::/64` } : {}),
  });
}

function numbers(count: number): readonly number[] {
  return Array.from({ length: count }, (_, index) => index);
}

function at<T>(items: readonly T[], index: number): T {
  const item = items[index];
  if (item === undefined) throw new TypeError(`the world has only ${items.length} of them`);
  return item;
}
