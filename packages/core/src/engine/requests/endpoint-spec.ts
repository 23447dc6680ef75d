/** The specification of a connection: the request parsed, and checked against driver and network. */
import { familyOf, parseIpAddress, parseMacAddress } from '../../address/index.ts';
import { FAMILIES } from '../../address/types.ts';
import type { Family, IpAddress } from '../../address/types.ts';
import type { EndpointRequest, NetworkDriver } from '../../driver.ts';
import type { CheckedDriver } from '../../guard/index.ts';
import { KleenetError } from '../../errors.ts';
import type { Network } from '../../model.ts';
import { PRIORITY_LIMIT } from '../../kit/preference.ts';
import { quote } from '../../quote.ts';
import { parseDriverOptions } from './driver-options.ts';
import { unkeptProblems } from './isolation.ts';
import { Problems } from './problems.ts';
import type { EndpointOptions } from './requests.ts';

/**
 * Refuses a network of another driver, and one of a type that the driver does not connect to. This check comes before all
 * others.
 * @throws KleenetError DRIVER_CONFLICT, NETWORK_TYPE_UNSUPPORTED
 */
export function requireNetworkType(
  driver: NetworkDriver,
  network: Network,
  container: string,
): void {
  if (network.driver !== undefined && network.driver !== driver.name)
    throw ofAnotherDriver(driver.name, network, network.driver, container);
  const { networkTypes } = driver.capabilities;
  if (networkTypes.includes(network.type)) return;
  const details = { driver: driver.name, network: network.name, type: network.type, container };
  if (networkTypes.length === 0) {
    throw new KleenetError(
      'NETWORK_TYPE_UNSUPPORTED',
      `container '${container}' has the driver ${driver.name}, which does not connect to networks; '${network.name}' is a ${network.type} network`,
      { hint: 'make another container with --driver ipnet or --driver vnet', details },
    );
  }
  throw new KleenetError(
    'NETWORK_TYPE_UNSUPPORTED',
    `driver ${driver.name} of container '${container}' does not connect to ${network.type} networks, and '${network.name}' is one`,
    {
      hint: `${driver.name} connects to ${networkTypes.join(' and ')} networks; use such a network, or a container with another driver`,
      details: { ...details, supported: networkTypes },
    },
  );
}

function ofAnotherDriver(
  driver: string,
  network: Network,
  owner: string,
  container: string,
): KleenetError {
  return new KleenetError(
    'DRIVER_CONFLICT',
    `network '${network.name}' belongs to the driver ${owner}, and container '${container}' has the driver ${driver}`,
    {
      hint: `make another container with --driver ${owner}, or use a network that was created without --driver`,
      details: { driver, network: network.name, networkDriver: owner, container },
    },
  );
}

/**
 * Parses and checks a connection request.
 * @throws KleenetError ADDRESS_INVALID, ADDRESS_FAMILY_MISSING, FEATURE_UNSUPPORTED, OPTION_UNKNOWN, FAMILY_UNSUPPORTED
 * or INVALID_ARGUMENT
 */
export function endpointRequest(
  driver: CheckedDriver,
  network: Network,
  options: EndpointOptions,
): EndpointRequest {
  const problems = new Problems();
  const addresses: { [F in Family]?: IpAddress } = {};
  for (const [path, family, text] of [
    ['ip', 'ipv4', options.ip],
    ['ip6', 'ipv6', options.ip6],
  ] as const) {
    const address = problems.parse(path, () => parseRequested(text, family, network));
    if (address !== undefined) addresses[family] = address;
  }
  const mac = problems.parse('mac', () => parseMac(driver, options.mac));
  const gatewayPriority =
    problems.parse('gw-priority', () => parsePriority(options.gatewayPriority)) ?? 0;
  const driverOptions = parseDriverOptions(
    { driver: driver.name, for: 'endpoint', known: driver.options },
    options.driverOptions ?? [],
    problems,
  );
  checkFamilies(driver, network, problems);
  for (const { error } of unkeptProblems(driver, network)) problems.add('network', error);
  problems.raise();
  const request: EndpointRequest = {
    addresses,
    ...(mac === undefined ? {} : { mac }),
    gatewayPriority,
    options: driverOptions,
  };
  problems.addIssues(driver.validateEndpoint(network, request));
  problems.raise();
  return request;
}

function parseRequested(
  text: string | undefined,
  family: Family,
  network: Network,
): IpAddress | undefined {
  if (text === undefined) return undefined;
  const address = parseIpAddress(text);
  if (familyOf(address) !== family) {
    throw new KleenetError(
      'ADDRESS_FAMILY_MISSING',
      `${quote(text)} is not an ${name(family)} address`,
      {
        hint:
          family === 'ipv4' ? 'give an IPv6 address with --ip6' : 'give an IPv4 address with --ip',
        details: { address },
      },
    );
  }
  if (network.pools[family] !== undefined) return address;
  throw new KleenetError(
    'ADDRESS_FAMILY_MISSING',
    `network '${network.name}' has no ${name(family)} subnet, so it cannot lease ${address}`,
    {
      hint: `leave out --${family === 'ipv4' ? 'ip' : 'ip6'}, or use a network with such a subnet`,
      details: { address, network: network.name },
    },
  );
}

function name(family: Family): string {
  return family === 'ipv4' ? 'IPv4' : 'IPv6';
}

function parseMac(driver: NetworkDriver, text: string | undefined): EndpointRequest['mac'] {
  if (text === undefined) return undefined;
  if (driver.capabilities.mac) return parseMacAddress(text);
  throw new KleenetError(
    'FEATURE_UNSUPPORTED',
    `containers of the driver ${driver.name} have no MAC address of their own`,
    {
      hint: 'leave out --mac',
    },
  );
}

function parsePriority(priority: number | undefined): number {
  if (priority === undefined) return 0;
  if (Number.isSafeInteger(priority) && Math.abs(priority) <= PRIORITY_LIMIT) return priority;
  throw new KleenetError(
    'INVALID_ARGUMENT',
    `the gateway priority is not a whole number from -${PRIORITY_LIMIT} to ${PRIORITY_LIMIT}`,
    { hint: 'higher wins, and 0 is the default' },
  );
}

function checkFamilies(driver: NetworkDriver, network: Network, problems: Problems): void {
  for (const family of FAMILIES) {
    if (network.pools[family] === undefined || driver.capabilities.families.includes(family))
      continue;
    problems.add(
      'network',
      new KleenetError(
        'FAMILY_UNSUPPORTED',
        `driver ${driver.name} does not support ${name(family)}, which network '${network.name}' has`,
        {
          hint: 'use a network without that family, or a container with another driver',
        },
      ),
    );
  }
}
