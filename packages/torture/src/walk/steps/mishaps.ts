/** What may happen to a host between two commands: each of these `system check` must tell, and `system repair` mend. */
import { gatewayOf } from '../../model/reach.ts';
import { addressOf, networkOf } from '../../model/state.ts';
import type { Container, Endpoint, Model } from '../../model/state.ts';
import { FAMILIES, familyOf } from '../../model/subnets.ts';
import type { World } from '../../world/world.ts';

/** The names that things have on the host now. */
interface Place {
  readonly world: World;
  readonly model: Model;
  readonly container: Container;
  readonly endpoint: Endpoint;
}

interface Mishap {
  /** Which driver's containers it happens to; those of both when nothing is said. */
  readonly driver?: Container['driver'];
  possible?(model: Model, container: Container, endpoint: Endpoint): boolean;
  happen(place: Place): Promise<void>;
}

async function must(world: World, line: string): Promise<void> {
  const { status, stderr } = await world.host(line.split(' '));
  if (status !== 0) throw new Error(`${line}: ${stderr}`);
}

async function containerId({ world, container }: Place): Promise<string> {
  const { stdout } = await world.klee(['container', 'inspect', container.name]);
  return (JSON.parse(stdout) as { container: { id: string } }).container.id;
}

async function networkInterface({ world, endpoint }: Place): Promise<string> {
  const { stdout } = await world.klee(['network', 'inspect', endpoint.network]);
  return (JSON.parse(stdout) as { network: { interface: string } }).network.interface;
}

/** The host's end of the link that leads to the container. */
async function hostEnd(place: Place): Promise<string> {
  const { world, container, endpoint } = place;
  if (container.driver === 'ipnet') return `klc${await containerId(place)}`;
  const { stdout } = await world.klee(['container', 'inspect', container.name]);
  const views = (JSON.parse(stdout) as InspectView).container_endpoints;
  return views.find(({ network_name: name }) => name === endpoint.network)?.epair ?? '';
}

interface InspectView {
  readonly container_endpoints: readonly {
    readonly network_name: string;
    readonly epair: string;
  }[];
}

function anAddress({ model, endpoint }: Place): string {
  return FAMILIES.flatMap((family) => addressOf(model, endpoint, family) ?? [])[0] ?? '';
}

const isBridged = (model: Model, _: Container, { network }: Endpoint): boolean =>
  networkOf(model, network).type === 'bridge';

export const MISHAPS: Readonly<Record<string, Mishap>> = {
  'network interface down': {
    happen: async (place) =>
      must(place.world, `ip link set dev ${await networkInterface(place)} down`),
  },
  'network interface deleted': {
    happen: async (place) =>
      must(place.world, `ip link delete dev ${await networkInterface(place)}`),
  },
  'link of the container down': {
    happen: async (place) => must(place.world, `ip link set dev ${await hostEnd(place)} down`),
  },
  'route deleted': {
    driver: 'ipnet',
    happen: async (place) => {
      const address = anAddress(place);
      const family = familyOf(address) === 'ipv4' ? '-4' : '-6';
      await must(place.world, `ip ${family} route delete ${address} dev ${await hostEnd(place)}`);
    },
  },
  'neighbour deleted': {
    driver: 'ipnet',
    happen: async (place) =>
      must(place.world, `ip neighbour delete ${anAddress(place)} dev ${await hostEnd(place)}`),
  },
  'proxy deleted': {
    driver: 'ipnet',
    possible: isBridged,
    happen: async (place) =>
      must(
        place.world,
        `ip neighbour delete proxy ${anAddress(place)} dev ${await networkInterface(place)}`,
      ),
  },
  'gateway address deleted': {
    possible: (model, _, { network }) => networkOf(model, network).gateway,
    happen: async (place) => {
      const network = networkOf(place.model, place.endpoint.network);
      const gateway = FAMILIES.flatMap((family) => gatewayOf(network, family) ?? [])[0] ?? '';
      const length = familyOf(gateway) === 'ipv4' ? 29 : 64;
      const device = await networkInterface(place);
      await must(place.world, `ip address delete ${gateway}/${length} dev ${device}`);
    },
  },
  'address inside deleted': {
    driver: 'ipnet',
    happen: async (place) => {
      const address = anAddress(place);
      const length = familyOf(address) === 'ipv4' ? 32 : 128;
      const namespace = `klee-${await containerId(place)}`;
      await must(place.world, `ip -n ${namespace} address delete ${address}/${length} dev eth0`);
    },
  },
  'routes inside flushed': {
    driver: 'ipnet',
    happen: async (place) => {
      const namespace = `klee-${await containerId(place)}`;
      const family = familyOf(anAddress(place)) === 'ipv4' ? '-4' : '-6';
      await must(place.world, `ip -n ${namespace} ${family} route flush dev eth0`);
    },
  },
  'rules flushed': { happen: ({ world }) => must(world, 'nft flush ruleset') },
  'bridge rules deleted': { happen: ({ world }) => must(world, 'nft delete table bridge klee') },
  'chain emptied': { happen: ({ world }) => must(world, 'nft flush chain inet klee containers') },
  'forwarding off': {
    happen: ({ world, model, endpoint }) => {
      const { families } = networkOf(model, endpoint.network);
      return must(
        world,
        families.includes('ipv4')
          ? 'sysctl -q -w net.ipv4.ip_forward=0'
          : 'sysctl -q -w net.ipv6.conf.all.forwarding=0',
      );
    },
  },
};
