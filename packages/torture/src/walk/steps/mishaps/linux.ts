/** What may happen to a Linux host between two commands. */
import { gatewayOf } from '../../../model/reach.ts';
import { addressOf, networkOf } from '../../../model/state.ts';
import type { Container, Endpoint, Model } from '../../../model/state.ts';
import { FAMILIES, familyOf } from '../../../model/subnets.ts';
import type { World } from '../../../world/world.ts';
import { containerId, epairOf, networkInterface } from './place.ts';
import type { Mishap, Place } from './place.ts';

async function must(world: World, line: string): Promise<void> {
  const { status, stderr } = await world.host(line.split(' '));
  if (status !== 0) throw new Error(`${line}: ${stderr}`);
}

/** The host's end of the link that leads to the container. */
async function hostEnd(place: Place): Promise<string> {
  return place.container.driver === 'ipnet' ? `klc${await containerId(place)}` : epairOf(place);
}

function anAddress({ model, endpoint }: Place): string {
  return FAMILIES.flatMap((family) => addressOf(model, endpoint, family) ?? [])[0] ?? '';
}

const isBridged = (model: Model, _: Container, { network }: Endpoint): boolean =>
  networkOf(model, network).type === 'bridge';

export const LINUX: Readonly<Record<string, Mishap>> = {
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
