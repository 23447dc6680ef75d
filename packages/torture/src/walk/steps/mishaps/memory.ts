/** What may happen to a simulated host between two commands. */
import { gatewayOf } from '../../../model/reach.ts';
import { addressOf, networkOf } from '../../../model/state.ts';
import { FAMILIES } from '../../../model/subnets.ts';
import { containerId, epairOf, isOwn, networkInterface } from './place.ts';
import type { Mishap, Place } from './place.ts';
import type { SimulatedHost } from '../../../world/world.ts';

function change({ world }: Place, how: (host: SimulatedHost) => void): Promise<void> {
  return world.tamper?.(how) ?? Promise.reject(new Error('not a simulated host'));
}

/** Takes an address from wherever it is. */
function without(host: SimulatedHost, address: string): void {
  for (const one of Object.values(host.interfaces))
    one.addresses = one.addresses.filter((held) => held.split('/')[0] !== address);
}

export const MEMORY: Readonly<Record<string, Mishap>> = {
  'network interface deleted': {
    possible: isOwn,
    async happen(place) {
      const name = await networkInterface(place);
      await change(place, ({ interfaces }) => {
        delete interfaces[`/${name}`];
        for (const one of Object.values(interfaces)) if (one.bridge === name) one.bridge = '';
      });
    },
  },
  'gateway address deleted': {
    possible: (model, _, { network }) => networkOf(model, network).gateway,
    async happen(place) {
      const network = networkOf(place.model, place.endpoint.network);
      const [gateway = ''] = FAMILIES.flatMap((family) => gatewayOf(network, family) ?? []);
      await change(place, (host) => without(host, gateway));
    },
  },
  'address deleted': {
    async happen(place) {
      const { model, endpoint } = place;
      const [address = ''] = FAMILIES.flatMap((family) => addressOf(model, endpoint, family) ?? []);
      await change(place, (host) => without(host, address));
    },
  },
  'address not seen': {
    driver: 'ipnet',
    async happen(place) {
      const sandbox = `klee-${await containerId(place)}`;
      await change(place, ({ sandboxes }) => {
        const found = sandboxes[sandbox];
        if (found !== undefined) found.addresses = found.addresses.slice(1);
      });
    },
  },
  'off the bridge': {
    driver: 'vnet',
    async happen(place) {
      const name = await epairOf(place);
      await change(place, ({ interfaces }) => {
        const found = interfaces[`/${name}`];
        if (found !== undefined) found.bridge = '';
      });
    },
  },
  'rules flushed': {
    happen: (place) =>
      change(place, (host) => {
        host.firewall = '';
      }),
  },
};
