/** The rules of macvlan: the same on every platform, and known before anything is changed. */
import { BlockList, isIP } from 'node:net';
import type {
  Capabilities,
  EndpointRequest,
  Family,
  Issue,
  Network,
  NetworkDriver,
  Pool,
} from '@kleenet/core/driver';
import { GATEWAY_OPTION, OPTIONS } from './options.ts';

const CAPABILITIES: Capabilities = Object.freeze({
  stack: 'own',
  networkTypes: Object.freeze(['custom'] as const),
  families: Object.freeze(['ipv4', 'ipv6'] as const),
  connectWhileRunning: true,
  disconnectWhileRunning: true,
  mac: true,
  gateway: true,
});

export const macvlan: NetworkDriver = Object.freeze({
  name: 'macvlan',
  capabilities: CAPABILITIES,
  dataPlanes: Object.freeze({
    linux: async (dependencies) => new (await import('./linux.ts')).LinuxMacvlan(dependencies),
  } satisfies NetworkDriver['dataPlanes']),
  options: OPTIONS,
  validateEndpoint: (network: Network, request: EndpointRequest) => [
    ...internalIssues(network),
    ...gatewayIssues(network, request, 'ipv4'),
    ...gatewayIssues(network, request, 'ipv6'),
  ],
});

/** Packets of these containers never pass the host's firewall, so that nothing could keep them inside. */
function internalIssues({ internal }: Network): readonly Issue[] {
  if (!internal) return [];
  return [
    { path: 'network', message: 'is internal, and macvlan containers always reach the outside' },
  ];
}

function gatewayIssues(
  { pools }: Network,
  { addresses, options }: EndpointRequest,
  family: Family,
): readonly Issue[] {
  const path = `driver-opt ${GATEWAY_OPTION[family]}`;
  const gateway = options[GATEWAY_OPTION[family]];
  if (gateway === undefined || isLinkLocal(gateway)) return [];
  const message = gatewayProblem(gateway, family, pools[family], addresses[family]);
  return message === undefined ? [] : [{ path, message }];
}

function gatewayProblem(
  gateway: string,
  family: Family,
  pool: Pool | undefined,
  requested: string | undefined,
): string | undefined {
  if (pool === undefined) return `the network has no ${family} subnet`;
  if (!contains(pool.subnet, gateway))
    return `${gateway} is not in ${pool.subnet}, so it cannot be reached`;
  if (requested !== undefined && contains(`${requested}/${BITS[family]}`, gateway))
    return `${gateway} is the address that the container asks for`;
  if (!pool.exclude.some((subnet) => contains(subnet, gateway)))
    return `${gateway} could be leased to a container: create the network with --exclude ${gateway}`;
  return undefined;
}

const BITS: Readonly<Record<Family, number>> = { ipv4: 32, ipv6: 128 };

/** Many IPv6 routers have no other address that stays. */
function isLinkLocal(address: string): boolean {
  return contains('fe80::/10', address);
}

function contains(subnet: string, address: string): boolean {
  const [first = '', prefix = ''] = subnet.split('/');
  const list = new BlockList();
  list.addSubnet(first, Number(prefix), familyOf(first));
  return list.check(address, familyOf(address));
}

function familyOf(address: string): Family {
  return isIP(address) === 4 ? 'ipv4' : 'ipv6';
}
