/** Compares a host and a container with what attach makes there. Pure. */
import { heldAddresses, nextHops, rankOf } from '@kleenet/core/driver';
import type { AttachTarget } from '@kleenet/core/driver';
import { isMarked, links, neighbours, routes } from '@kleenet/core/linux';
import type { IpLink, IpObject } from '@kleenet/core/linux';
import { insideSettings, isProxied, mtuOf, portOf, portSettings } from './linux-plan.ts';

/** What was read. */
export interface Found {
  /** The interfaces of the host, and the neighbours on the network's bridge. */
  readonly host: readonly IpObject[];
  /** The endpoint's interface in the container, and the routes by it; empty if it is gone. */
  readonly inside: readonly IpObject[];
  /** Kernel settings that are as they should be, of both. */
  readonly settings: readonly string[];
}

/** One sentence for each difference. */
export function problems(target: AttachTarget, found: Found): readonly string[] {
  const { container, endpoint } = target;
  const port = links(found.host).find(({ ifname }) => ifname === portOf(target));
  const device = links(found.inside).find(({ ifname }) => ifname === endpoint.interface);
  if (port === undefined || device === undefined)
    return [`container '${container.name}' has no interface ${endpoint.interface}`];
  return [
    ...portProblems(target, port),
    ...neighbourProblems(target, found.host),
    ...deviceProblems(target, device),
    ...routeProblems(target, found.inside),
    ...[...portSettings(target), ...insideSettings(target)]
      .filter((setting) => !found.settings.includes(setting))
      .map((setting) => `the kernel setting ${setting} for container '${container.name}' is lost`),
  ];
}

function portProblems(target: AttachTarget, port: IpLink): readonly string[] {
  const { network } = target;
  const { ifname: name } = port;
  const isolated = port.linkinfo?.info_slave_data?.isolated ?? false;
  return [
    ...(port.master === network.interface
      ? []
      : [`${name} is not a port of the bridge ${network.interface}`]),
    ...(isMarked(port) ? [] : [`${name} lost klee's mark`]),
    ...(isUp(port) ? [] : [`interface ${name} is down`]),
    ...(port.flags.includes('NOARP') ? [] : [`${name} answers ARP for the host`]),
    ...(isolated === !network.icc
      ? []
      : [`${name} ${network.icc ? 'does not reach' : 'reaches'} the other ports of its bridge`]),
    ...mtuProblems(target, port),
    ...(port.addr_info ?? []).map(({ local }) => `${name} has an address, ${local}`),
  ];
}

function neighbourProblems(target: AttachTarget, host: readonly IpObject[]): readonly string[] {
  const { container, endpoint, network } = target;
  const known = neighbours(host).filter(({ dev }) => dev === network.interface);
  return heldAddresses(target).flatMap(({ address }) => [
    ...(endpoint.mac === undefined ||
    known.some(({ dst, lladdr }) => dst === address && lladdr === endpoint.mac)
      ? []
      : [`the host does not know that container '${container.name}' has ${address}`]),
    ...(!isProxied(target, address) ||
    known.some(({ dst, proxy }) => dst === address && proxy !== undefined)
      ? []
      : [`the host does not answer for ${address} of container '${container.name}'`]),
  ]);
}

/** A container may add addresses of its own: only those of attach are looked for. */
function deviceProblems(target: AttachTarget, device: IpLink): readonly string[] {
  const { container, endpoint } = target;
  const who = `container '${container.name}'`;
  return [
    ...(isUp(device) ? [] : [`${endpoint.interface} of ${who} is down`]),
    ...(endpoint.mac === undefined || device.address === endpoint.mac
      ? []
      : [`${who} has the MAC address ${device.address}, not ${endpoint.mac}`]),
    ...mtuProblems(target, device),
    ...heldAddresses(target)
      .filter(({ address, prefix }) => !has(device, address, prefix))
      .map(({ address, prefix }) => `${who} lacks its address ${address}/${prefix}`),
  ];
}

/** The addresses of an endpoint that its interface has with the prefix length of another subnet. */
export function strayAddresses(target: AttachTarget, device: IpLink): readonly string[] {
  return (device.addr_info ?? []).flatMap(({ local, prefixlen }) =>
    heldAddresses(target).some(({ address, prefix }) => address === local && prefix !== prefixlen)
      ? [`${local}/${prefixlen}`]
      : [],
  );
}

function routeProblems(target: AttachTarget, inside: readonly IpObject[]): readonly string[] {
  const { container, endpoint } = target;
  return nextHops(target)
    .filter(
      ({ gateway: wanted }) =>
        !routes(inside).some(
          ({ dst, gateway, metric }) =>
            dst === 'default' && gateway === wanted && metric === rankOf(endpoint),
        ),
    )
    .map(({ gateway }) => `container '${container.name}' lacks its default route by ${gateway}`);
}

function mtuProblems(target: AttachTarget, { ifname, mtu }: IpLink): readonly string[] {
  const wanted = mtuOf(target);
  return mtu === wanted ? [] : [`the MTU of ${ifname} is ${mtu}, not ${wanted}`];
}

function isUp({ flags }: IpLink): boolean {
  return flags.includes('UP');
}

function has({ addr_info: held = [] }: IpLink, address: string, prefix: number): boolean {
  return held.some(({ local, prefixlen }) => local === address && prefixlen === prefix);
}
