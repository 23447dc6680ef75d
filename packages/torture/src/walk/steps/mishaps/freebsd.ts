/** What may happen to a FreeBSD host. */
import { gatewayOf } from '../../../model/reach.ts';
import { addressOf, networkOf } from '../../../model/state.ts';
import { FAMILIES, familyOf } from '../../../model/subnets.ts';
import { containerId, epairOf, must, networkInterface } from './place.ts';
import type { Mishap, Place } from './place.ts';

function anAddress({ model, endpoint }: Place): string {
  return FAMILIES.flatMap((family) => addressOf(model, endpoint, family) ?? [])[0] ?? '';
}

const isBridged: NonNullable<Mishap['possible']> = (model, _, { network }) =>
  networkOf(model, network).type === 'bridge';

/** Of ifconfig(8), by the address. */
function inet(address: string): string {
  return familyOf(address) === 'ipv4' ? 'inet' : 'inet6';
}

function on(command: (place: Place) => Promise<string>): Mishap['happen'] {
  return async (place) => must(place.world, await command(place));
}

export const FREEBSD: Readonly<Record<string, Mishap>> = {
  'network interface down': {
    happen: on(async (place) => `ifconfig ${await networkInterface(place)} down`),
  },
  'network interface deleted': {
    happen: on(async (place) => `ifconfig ${await networkInterface(place)} destroy`),
  },
  'alias deleted': {
    driver: 'ipnet',
    happen: on(async (place) => {
      const address = anAddress(place);
      return `ifconfig ${await networkInterface(place)} ${inet(address)} ${address} -alias`;
    }),
  },
  'gateway address deleted': {
    possible: (model, _, { network }) => networkOf(model, network).gateway,
    happen: on(async (place) => {
      const network = networkOf(place.model, place.endpoint.network);
      const gateway = FAMILIES.flatMap((family) => gatewayOf(network, family) ?? [])[0] ?? '';
      return `ifconfig ${await networkInterface(place)} ${inet(gateway)} ${gateway} -alias`;
    }),
  },
  'jail without its addresses': {
    driver: 'ipnet',
    happen: on(async (place) => {
      const list = familyOf(anAddress(place)) === 'ipv4' ? 'ip4.addr' : 'ip6.addr';
      return `jail -m name=klee-${await containerId(place)} ${list}=`;
    }),
  },
  'epair destroyed': {
    driver: 'vnet',
    happen: on(async (place) => `ifconfig ${await epairOf(place)} destroy`),
  },
  'epair down': {
    driver: 'vnet',
    happen: on(async (place) => `ifconfig ${await epairOf(place)} down`),
  },
  'epair out of the bridge': {
    driver: 'vnet',
    happen: on(
      async (place) => `ifconfig ${await networkInterface(place)} deletem ${await epairOf(place)}`,
    ),
  },
  'member not private': {
    driver: 'vnet',
    possible: (model, _, { network }) => !networkOf(model, network).icc,
    happen: on(
      async (place) => `ifconfig ${await networkInterface(place)} -private ${await epairOf(place)}`,
    ),
  },
  'rules flushed': { happen: on(async () => 'pfctl -q -a klee/networks -F rules') },
  'translation flushed': {
    possible: (model) => [...model.networks.values()].some(({ nat, internal }) => nat && !internal),
    happen: on(async () => 'pfctl -q -a klee/networks -F nat'),
  },
  'table emptied': {
    happen: on(async () => 'pfctl -q -a klee/networks -t klee_containers -T flush'),
  },
  'rules of the endpoint flushed': {
    driver: 'vnet',
    happen: on(async (place) => `pfctl -q -a klee/endpoint-${await endpointId(place)} -F rules`),
  },
  'pf disabled': {
    happen: on(async () => 'pfctl -q -d'),
    undo: on(async () => 'pfctl -q -e'),
  },
  'forwarding off': {
    possible: isBridged,
    happen: on(async ({ model, endpoint }) =>
      networkOf(model, endpoint.network).families.includes('ipv4')
        ? 'sysctl net.inet.ip.forwarding=0'
        : 'sysctl net.inet6.ip6.forwarding=0',
    ),
  },
  'members not filtered': {
    possible: isBridged,
    happen: on(async () => 'sysctl net.link.bridge.pfil_member=0'),
  },
};

async function endpointId({ world, container, endpoint }: Place): Promise<string> {
  const { stdout } = await world.klee(['container', 'inspect', container.name]);
  const views = (JSON.parse(stdout) as EndpointsView).container_endpoints;
  return views.find(({ network_name: name }) => name === endpoint.network)?.id ?? '';
}

interface EndpointsView {
  readonly container_endpoints: readonly { readonly network_name: string; readonly id: string }[];
}
