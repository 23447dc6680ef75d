/** A host for one case, in the state before the first attach. */
import { networkIntent } from '@kleenet/core';
import type { SandboxSpec } from '@kleenet/core';
import type { AttachTarget, Network, Resource } from '@kleenet/core/driver';
import {
  buildAttachTarget,
  buildContainer,
  buildEndpoint,
  buildNetwork,
  buildRun,
} from '@kleenet/core/testing';
import type { Fault, SimulatedState, TestPlatform } from '@kleenet/core/testing';
import type { Candidate } from './candidate.ts';
import { Process, UNDISTURBED } from './process.ts';
import type { ProcessParts } from './process.ts';
import { Reads } from './reads.ts';
import type { StagedHost, StagedProcess } from './stage.ts';
import type { Variant } from './variants.ts';

export interface WorldOptions {
  /** Default 1. */
  readonly networks?: number;
  /** Each is on every network. Default 1. */
  readonly containers?: number;
  /** Of all networks. Default: that of the host. */
  readonly mtu?: number;
  /** Whether all networks are internal. Default false. */
  readonly internal?: boolean;
}

/** The connection of a target. */
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

/** A host with networks that are up, their firewall, and existing sandboxes: the state in which core calls `attach`. */
export class World {
  readonly networks: readonly Network[];
  readonly #staged: StagedHost;
  /** The actions of the platform itself; the driver works in its own processes. */
  readonly #platform: TestPlatform;
  readonly #specs: readonly SandboxSpec[];
  readonly #candidate: Candidate;
  readonly #claims: Map<string, Resource[]> = new Map();

  private constructor(candidate: Candidate, variant: Variant, options: WorldOptions) {
    this.#candidate = candidate;
    this.#staged = candidate.stage();
    this.#platform = this.#staged.host.process().platform;
    this.networks = numbers(options.networks ?? 1).map((index) =>
      networkAt(variant, index, options),
    );
    this.#specs = numbers(options.containers ?? 1).map((index) =>
      specAt(candidate, this.#platform, index),
    );
  }

  /** A world without attachments. */
  static async open(
    candidate: Candidate,
    variant: Variant,
    options: WorldOptions = {},
  ): Promise<World> {
    const world = new World(candidate, variant, options);
    const { networks, sandboxes } = world.#platform;
    for (const network of world.networks) await networks.up(network, UNDISTURBED);
    await world.#loadFirewall();
    for (const spec of world.#specs) {
      await sandboxes.createStorage({ container: spec.container, entries: [] }, UNDISTURBED);
      await sandboxes.create(spec, UNDISTURBED);
    }
    return world;
  }

  /** Creating networks loads it, and connecting to them does not. */
  async #loadFirewall(): Promise<void> {
    const { firewall } = this.#platform;
    if ((await firewall.status()).state === 'unavailable') return;
    const networks = this.networks.map(networkIntent).toSorted((a, b) => (a.id < b.id ? -1 : 1));
    await firewall.apply(firewall.render({ networks, published: [] }), UNDISTURBED);
  }

  /** The whole host as it is now. */
  state(): Promise<SimulatedState> {
    return this.#staged.host.inspect();
  }

  /** Changes the host behind the driver's back. */
  tamper(change: (state: SimulatedState) => void): Promise<void> {
    return this.#staged.host.tamper(change);
  }

  /** Starts the commands of the containers. */
  async start(): Promise<void> {
    const { sandboxes } = this.#platform;
    for (const spec of this.#specs)
      await sandboxes.start(spec, { mode: 'detached', reap: ['true'] }, UNDISTURBED);
  }

  /** Ends them; the sandboxes stay. */
  async end(): Promise<void> {
    for (const spec of this.#specs) await this.#platform.sandboxes.stop(spec, 'KILL', 0);
  }

  async destroySandboxes(): Promise<void> {
    for (const spec of this.#specs) await this.#platform.sandboxes.destroy(spec, UNDISTURBED);
  }

  async takeNetworksDown(): Promise<void> {
    for (const network of this.networks) {
      await this.#platform.networks.down(network, [], UNDISTURBED);
    }
  }

  /** Takes the networks down, and pulls out the interfaces that belong to their users. */
  async takeInterfacesAway(): Promise<void> {
    await this.takeNetworksDown();
    const gone = this.networks.map((network) => `/${network.interface}`);
    await this.tamper(({ interfaces }) => {
      for (const key of gone) delete interfaces[key];
    });
    const { interfaces } = await this.state();
    const left = gone.filter((key) => interfaces[key] !== undefined);
    if (left.length > 0) throw new TypeError(`the host still has ${left.join(', ')}`);
  }

  /** The target that core would pass for a connection, with its present claims. */
  target(place: Place = {}): AttachTarget {
    const { container: number = 0, network: index = 0, attached = [] } = place;
    const { container, run } = at(this.#specs, number);
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
      runId: run.id,
      sandbox: run.sandbox,
      siblings: connections.filter((_, n) => n !== index),
      claims: this.claims(endpoint.id),
    });
  }

  claims(endpointId: string): readonly Resource[] {
    return this.#claims.get(endpointId) ?? [];
  }

  /** A process that works on the host, with injected faults; its steps are counted from 1, and so are its reads. */
  async process(faults: readonly Fault[] = [], reads: Reads = new Reads()): Promise<Process> {
    const claim = (endpointId: string, resource: Resource): void => {
      this.#claims.set(endpointId, [...this.claims(endpointId), resource]);
    };
    const staged = await this.#staged.process(faults, reads);
    return this.#processOf(staged, claim);
  }

  /** A process that changes nothing, as in a dry run: it reads the host, and has no effect. */
  async rehearsal(): Promise<Process> {
    const staged = await this.#staged.rehearsal(new Reads());
    return this.#processOf(staged, () => undefined);
  }

  #processOf(staged: StagedProcess, claim: ProcessParts['claim']): Process {
    const { deadline, capabilities } = this.#candidate;
    return new Process({ ...staged, claim, deadline, lateBinding: capabilities.lateBinding });
  }
}

function specAt(
  { driver, capabilities }: Candidate,
  { sandboxes }: TestPlatform,
  index: number,
): SandboxSpec {
  const container = buildContainer({
    name: `container${index}`,
    driver: driver.name,
    stack: capabilities.stack,
  });
  const run = buildRun(container);
  return { container, run: { ...run, sandbox: sandboxes.describe(container, run.id) } };
}

function networkAt(
  { type, families }: Variant,
  index: number,
  { mtu, internal = false }: WorldOptions,
): Network {
  return buildNetwork({
    name: `network${index}`,
    type,
    internal,
    ...(mtu === undefined ? {} : { mtu }),
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
