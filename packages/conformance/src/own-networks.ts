/** Networks that belong to the driver, and what core does with them: claims first, always with a deadline. */
import { resourceName } from '@kleenet/core';
import type { Network, NetworkOperation, Resource } from '@kleenet/core/driver';
import type { Fault } from '@kleenet/core/testing';
import type { Candidate } from './candidate.ts';
import { within } from './deadline.ts';
import { UNDISTURBED } from './process.ts';
import type { Process } from './process.ts';
import type { Variant } from './variants.ts';
import { World } from './world.ts';

/** The same network, of the driver. */
export function owned({ driver, networkOptions }: Candidate, network: Network): Network {
  return Object.freeze({
    ...network,
    driver: driver.name,
    options: Object.freeze({ ...networkOptions }),
  });
}

/** A host with networks whose interfaces are up, and nothing of the driver: the state in which core calls `networkUp`. */
export class OwnNetworks {
  readonly world: World;
  readonly networks: readonly Network[];
  readonly #deadline: number;
  readonly #claims: Map<string, readonly Resource[]> = new Map();

  private constructor(candidate: Candidate, world: World) {
    this.world = world;
    this.networks = world.networks.map((network) => owned(candidate, network));
    this.#deadline = candidate.deadline;
  }

  static async open(candidate: Candidate, variant: Variant, networks = 1): Promise<OwnNetworks> {
    return new OwnNetworks(candidate, await World.open(candidate, variant, { networks }));
  }

  get network(): Network {
    const [network] = this.networks;
    if (network === undefined) throw new TypeError('the world has no networks');
    return network;
  }

  claims({ id }: Network = this.network): readonly Resource[] {
    return this.#claims.get(id) ?? [];
  }

  /** A process that works on the host. */
  async process(faults: readonly Fault[] = []): Promise<NetworkProcess> {
    return this.#processOf(await this.world.process(faults), (resource, network) => {
      const known = this.claims(network).map(resourceName);
      if (!known.includes(resourceName(resource)))
        this.#claims.set(network.id, [...this.claims(network), resource]);
    });
  }

  /** A process that is a dry run. */
  async rehearsal(): Promise<NetworkProcess> {
    return this.#processOf(await this.world.rehearsal(), () => undefined);
  }

  #processOf(
    process: Process,
    record: (resource: Resource, network: Network) => void,
  ): NetworkProcess {
    const { plane } = process;
    const operation = (network: Network): NetworkOperation => ({
      ...UNDISTURBED,
      claims: this.claims(network),
      claim: async (resource) => record(resource, network),
    });
    const call = async (what: string, work: Promise<void> | undefined): Promise<void> =>
      within(this.#deadline, what, work ?? Promise.resolve());
    const first = this.network;
    return {
      klee: process,
      async up(network = first) {
        for (const resource of plane.planNetwork?.(network) ?? []) record(resource, network);
        await call('networkUp', plane.networkUp?.(network, operation(network)));
      },
      async down(network = first) {
        await call('networkDown', plane.networkDown?.(network, operation(network)));
      },
      problems: async (network = first) =>
        within(
          this.#deadline,
          'observeNetwork',
          plane.observeNetwork?.(network) ?? Promise.resolve([]),
        ),
    };
  }
}

/** Calls for a network; the first one of its world unless another is given. */
export interface NetworkProcess {
  readonly klee: Process;
  up(network?: Network): Promise<void>;
  down(network?: Network): Promise<void>;
  problems(network?: Network): Promise<readonly string[]>;
}
