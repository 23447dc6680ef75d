/** What may happen to a Linux host between two commands. */
import { gatewayOf } from '../../../model/reach.ts';
import { addressOf, defaultEndpoint, networkOf, portEndpoint } from '../../../model/state.ts';
import type { Container, Endpoint, Model } from '../../../model/state.ts';
import { FAMILIES, familyOf, subnetOf } from '../../../model/subnets.ts';
import type { Family } from '../../../model/subnets.ts';
import { UPLINK } from '../../../world/places.ts';
import { LINUX_SETTINGS } from './linux-settings.ts';
import { containerId, epairOf, isOwn, must, networkInterface } from './place.ts';
import type { Mishap, Place } from './place.ts';

/** The host's end of the link that leads to the container. */
async function hostEnd(place: Place): Promise<string> {
  return place.container.driver === 'ipnet' ? `klc${await containerId(place)}` : epairOf(place);
}

function anAddress({ model, endpoint }: Place): string {
  return FAMILIES.flatMap((family) => addressOf(model, endpoint, family) ?? [])[0] ?? '';
}

function familyOption(address: string): string {
  return familyOf(address) === 'ipv4' ? '-4' : '-6';
}

const isShared = (model: Model, _: Container, { network }: Endpoint): boolean =>
  networkOf(model, network).type !== 'loopback';
const has =
  (family: Family) =>
  (_: Model, __: Container, { numbers }: Endpoint): boolean =>
    numbers[family] !== undefined;
const publishes = (model: Model, container: Container): boolean =>
  container.ports.some(({ on }) => on === undefined) &&
  portEndpoint(model, container, 'ipv4') !== undefined;

export const LINUX: Readonly<Record<string, Mishap>> = {
  ...LINUX_SETTINGS,
  'network interface down': {
    possible: isOwn,
    happen: async (place) =>
      must(place.world, `ip link set dev ${await networkInterface(place)} down`),
  },
  'network interface deleted': {
    possible: isOwn,
    happen: async (place) =>
      must(place.world, `ip link delete dev ${await networkInterface(place)}`),
  },
  'network interface with another MAC address': {
    possible: isOwn,
    happen: async (place) =>
      must(
        place.world,
        `ip link set dev ${await networkInterface(place)} address 02:00:00:00:77:99`,
      ),
  },
  'link of the container down': {
    happen: async (place) => must(place.world, `ip link set dev ${await hostEnd(place)} down`),
  },
  'link of the container deleted': {
    mends: 'restart',
    happen: async (place) => must(place.world, `ip link delete dev ${await hostEnd(place)}`),
  },
  'interface inside down': {
    driver: 'ipnet',
    happen: async (place) =>
      must(place.world, `ip -n klee-${await containerId(place)} link set dev eth0 down`),
  },
  'port off the bridge': {
    driver: 'vnet',
    happen: async (place) => must(place.world, `ip link set dev ${await epairOf(place)} nomaster`),
  },
  'port isolated the other way': {
    driver: 'vnet',
    happen: async (place) => {
      const { icc } = networkOf(place.model, place.endpoint.network);
      const port = await epairOf(place);
      await must(place.world, `bridge link set dev ${port} isolated ${icc ? 'on' : 'off'}`);
    },
  },
  'route deleted': {
    driver: 'ipnet',
    happen: async (place) => {
      const address = anAddress(place);
      const device = await hostEnd(place);
      await must(place.world, `ip ${familyOption(address)} route delete ${address} dev ${device}`);
    },
  },
  'neighbour deleted': {
    happen: async (place) => {
      const { container } = place;
      const device = await (container.driver === 'ipnet'
        ? hostEnd(place)
        : networkInterface(place));
      await must(place.world, `ip neighbour delete ${anAddress(place)} dev ${device}`);
    },
  },
  'proxy deleted': {
    driver: 'ipnet',
    possible: isShared,
    happen: async (place) => {
      const device = await networkInterface(place);
      await must(place.world, `ip neighbour delete proxy ${anAddress(place)} dev ${device}`);
    },
  },
  'subnet route deleted': {
    possible: isOwn,
    happen: async (place) => {
      const { type, subnet, families } = networkOf(place.model, place.endpoint.network);
      const [family = 'ipv4'] = families;
      const { cidr } = subnetOf(subnet, family);
      const kind = type === 'loopback' ? 'unreachable ' : '';
      const option = family === 'ipv4' ? '-4' : '-6';
      await must(place.world, `ip ${option} route delete ${kind}${cidr}`);
    },
  },
  'gateway address deleted': {
    possible: (model, _, { network }) => networkOf(model, network).gateway,
    happen: async (place) => {
      const network = networkOf(place.model, place.endpoint.network);
      const gateway = FAMILIES.flatMap((family) => gatewayOf(network, family) ?? [])[0] ?? '';
      const length = subnetOf(network.subnet, familyOf(gateway)).cidr.split('/')[1];
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
      const family = familyOption(anAddress(place));
      await must(place.world, `ip -n ${namespace} ${family} route flush dev eth0`);
    },
  },
  'default route inside deleted': {
    possible: (model, container, endpoint) =>
      FAMILIES.some((family) => defaultEndpoint(model, container, family) === endpoint),
    happen: async (place) => {
      const { model, container, endpoint } = place;
      const family = FAMILIES.find((one) => defaultEndpoint(model, container, one) === endpoint);
      const namespace = `klee-${await containerId(place)}`;
      const option = family === 'ipv4' ? '-4' : '-6';
      await must(place.world, `ip -n ${namespace} ${option} route delete default`);
    },
  },
  'another table first': {
    possible: has('ipv4'),
    happen: async (place) => {
      await must(place.world, `ip route add 10.77.0.0/16 dev ${UPLINK} table 77`);
      await must(place.world, `ip rule add to ${anAddress(place)} lookup 77 priority 77`);
    },
    undo: async ({ world }) => {
      await must(world, 'ip rule delete priority 77');
      await must(world, 'ip route flush table 77');
    },
  },
  'rules flushed': { happen: ({ world }) => must(world, 'nft flush ruleset') },
  'bridge rules deleted': { happen: ({ world }) => must(world, 'nft delete table bridge klee') },
  'routed rules deleted': { happen: ({ world }) => must(world, 'nft delete table inet klee') },
  'chain emptied': { happen: ({ world }) => must(world, 'nft flush chain inet klee containers') },
  'a rule deleted': {
    happen: async ({ world }) => {
      const { stdout } = await world.host([
        'nft',
        '-a',
        'list',
        'chain',
        'inet',
        'klee',
        'sources',
      ]);
      const [, handle = ''] = /drop # handle (\d+)/.exec(stdout) ?? [];
      await must(world, `nft delete rule inet klee sources handle ${handle}`);
    },
  },
  'a rule put first': {
    happen: ({ world }) => must(world, 'nft insert rule inet klee containers accept'),
  },
  'permitted senders flushed': {
    driver: 'vnet',
    possible: has('ipv4'),
    happen: ({ world }) => must(world, 'nft flush set bridge klee senders4'),
  },
  'a sender permitted': {
    driver: 'vnet',
    possible: has('ipv4'),
    happen: async (place) => {
      const element = `{ "${await epairOf(place)}" . 02:00:00:00:77:88 . 10.77.1.77 }`;
      const line = ['nft', 'add', 'element', 'bridge', 'klee', 'senders4', element];
      const { stderr } = await place.world.host(line);
      if (stderr !== '') throw new Error(stderr);
    },
  },
  'MAC addresses flushed': {
    driver: 'vnet',
    happen: ({ world }) => must(world, 'nft flush set bridge klee macs'),
  },
  'published ports flushed': {
    possible: publishes,
    happen: ({ world }) => must(world, 'nft flush map inet klee ports4'),
  },
  'open ports flushed': {
    possible: publishes,
    happen: ({ world }) => must(world, 'nft flush set inet klee open4'),
  },
  'subnets flushed': {
    happen: async ({ world }) => {
      const { stdout } = await world.host(['nft', 'list', 'table', 'inet', 'klee']);
      const [, set = ''] = /set (same\d_\d+) /.exec(stdout) ?? [];
      await must(world, `nft flush set inet klee ${set}`);
    },
  },
};
