/** The rules of macvlan: the same on every platform, and known before anything is changed. */
import { contains, parseCidr, parseIpAddress } from '@kleenet/core/driver';
import type {
  Capabilities,
  EndpointRequest,
  Family,
  IpAddress,
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
  // Packets of these containers never pass the host's firewall, so that nothing could keep them inside.
  internalOn: Object.freeze([]),
});

export const macvlan: NetworkDriver = Object.freeze({
  name: 'macvlan',
  capabilities: CAPABILITIES,
  dataPlanes: Object.freeze({
    linux: async (dependencies) => new (await import('./linux.ts')).LinuxMacvlan(dependencies),
  } satisfies NetworkDriver['dataPlanes']),
  options: OPTIONS,
  validateEndpoint: (network: Network, request: EndpointRequest) => [
    ...gatewayIssues(network, request, 'ipv4'),
    ...gatewayIssues(network, request, 'ipv6'),
  ],
});

function gatewayIssues(
  { pools }: Network,
  { addresses, options }: EndpointRequest,
  family: Family,
): readonly Issue[] {
  const path = `driver-opt ${GATEWAY_OPTION[family]}`;
  const option = options[GATEWAY_OPTION[family]];
  if (option === undefined) return [];
  const gateway = parseIpAddress(option);
  if (isLinkLocal(gateway)) return [];
  const message = gatewayProblem(gateway, family, pools[family], addresses[family]);
  return message === undefined ? [] : [{ path, message }];
}

function gatewayProblem(
  gateway: IpAddress,
  family: Family,
  pool: Pool | undefined,
  requested: IpAddress | undefined,
): string | undefined {
  if (pool === undefined) return `the network has no ${family} subnet`;
  if (!contains(pool.subnet, gateway))
    return `${gateway} is not in ${pool.subnet}, so it cannot be reached`;
  if (gateway === requested) return `${gateway} is the address that the container asks for`;
  if (!pool.exclude.some((subnet) => contains(subnet, gateway)))
    return `${gateway} could be leased to a container: create the network with --exclude ${gateway}`;
  return undefined;
}

const LINK_LOCAL = parseCidr('fe80::/10');

/** Many IPv6 routers have no other address that stays. */
function isLinkLocal(address: IpAddress): boolean {
  return contains(LINK_LOCAL, address);
}
