/** Settings of a Linux kernel that something changes between two commands. */
import { networkOf, portEndpoint } from '../../../model/state.ts';
import type { Container, Endpoint, Model } from '../../../model/state.ts';
import { leadOutside } from '../../../world/linux-links.ts';
import { isOwn, must, networkInterface } from './place.ts';
import type { Mishap, Place } from './place.ts';

function set({ world }: Place, name: string, value: 0 | 1): Promise<void> {
  return must(world, `sysctl -q -w net/${name}=${value}`);
}

/** A setting of the network's interface. */
const ofInterface =
  (before: string, after: string, value: 0 | 1) =>
  async (place: Place): Promise<void> =>
    set(place, `${before}/${await networkInterface(place)}/${after}`, value);

const isBridge = (model: Model, _: Container, { network }: Endpoint): boolean =>
  networkOf(model, network).type === 'bridge';
const isV6 = (_: Model, __: Container, { numbers }: Endpoint): boolean =>
  numbers.ipv6 !== undefined;
const isV4 = (_: Model, __: Container, { numbers }: Endpoint): boolean =>
  numbers.ipv4 !== undefined;

export const LINUX_SETTINGS: Readonly<Record<string, Mishap>> = {
  'forwarding off': {
    happen: (place) => {
      const { families } = networkOf(place.model, place.endpoint.network);
      return families.includes('ipv4')
        ? set(place, 'ipv4/ip_forward', 0)
        : set(place, 'ipv6/conf/all/forwarding', 0);
    },
  },
  'no answers for containers': {
    possible: (model, container, endpoint) =>
      isV6(model, container, endpoint) && networkOf(model, endpoint.network).type !== 'loopback',
    happen: ofInterface('ipv6/conf', 'proxy_ndp', 0),
  },
  'no answers without icc': {
    possible: (model, container, endpoint) =>
      isV4(model, container, endpoint) &&
      isBridge(model, container, endpoint) &&
      !networkOf(model, endpoint.network).icc,
    happen: ofInterface('ipv4/conf', 'proxy_arp_pvlan', 0),
  },
  'no way from the loopback': {
    possible: (model, container, endpoint) =>
      container.ports.some(({ on }) => on === undefined) &&
      portEndpoint(model, container, 'ipv4') === endpoint &&
      isOwn(model, container, endpoint) &&
      container.driver === 'vnet',
    happen: ofInterface('ipv4/conf', 'route_localnet', 0),
  },
  'IPv6 off and on on the network': {
    possible: (model, container, endpoint) =>
      isV6(model, container, endpoint) && networkOf(model, endpoint.network).gateway,
    happen: async (place) => {
      await ofInterface('ipv6/conf', 'disable_ipv6', 1)(place);
      await ofInterface('ipv6/conf', 'disable_ipv6', 0)(place);
    },
  },
  'IPv6 off on the network': {
    possible: (model, container, endpoint) =>
      isV6(model, container, endpoint) && isOwn(model, container, endpoint),
    happen: ofInterface('ipv6/conf', 'disable_ipv6', 1),
    undo: ofInterface('ipv6/conf', 'disable_ipv6', 0),
  },
  'IPv6 off': {
    possible: isV6,
    happen: (place) => set(place, 'ipv6/conf/all/disable_ipv6', 1),
    undo: async (place) => {
      await set(place, 'ipv6/conf/all/disable_ipv6', 0);
      await leadOutside();
    },
  },
  'IPv6 off and on': {
    possible: isV6,
    happen: async (place) => {
      await set(place, 'ipv6/conf/all/disable_ipv6', 1);
      await set(place, 'ipv6/conf/all/disable_ipv6', 0);
      await leadOutside();
    },
  },
};
