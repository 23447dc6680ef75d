/** The specification of a new network: the request parsed, normalised and checked for consistency. Pure. */
import {
  containsCidr,
  familyOf,
  hostCidr,
  parseCidr,
  parseIpAddress,
  specialRangeOf,
} from '../../address/index.ts';
import { FAMILIES } from '../../address/types.ts';
import type { Cidr, Family, PerFamily } from '../../address/types.ts';
import { gatewayFor } from '../../allocator/index.ts';
import type { GatewayChoice } from '../../allocator/index.ts';
import { KleenetError } from '../../errors.ts';
import { NETWORK_TYPES } from '../../model.ts';
import type { Network, NetworkType, Pool } from '../../model.ts';
import { parseInterfaceName, parseName } from '../../names.ts';
import { quote } from '../../quote.ts';
import { parseLabels } from './labels.ts';
import { Problems } from './problems.ts';
import { ownership } from './network-owner.ts';
import type { NetworkOwner } from './network-owner.ts';
import type { CreateNetworkRequest } from './requests.ts';

/** A network without the properties that creation adds: id, state, time; and its interface, unless requested. */
export type NetworkSpec = Omit<Network, 'id' | 'state' | 'created' | 'interface' | 'parked'> & {
  readonly interface?: string;
};

const SUBNET_OPTION: Readonly<Record<Family, string>> = { ipv4: 'subnet', ipv6: 'subnet6' };
const GATEWAY_OPTION: Readonly<Record<Family, string>> = { ipv4: 'gw', ipv6: 'gw6' };

/** In bytes: the minimums of RFC 791 and RFC 8200; 65535 is the largest IPv4 packet. */
const MTU = { least: { ipv4: 68, ipv6: 1280 }, most: 65_535 } as const;

/**
 * @param driver - the one that the network is to belong to
 * @throws KleenetError INVALID_NAME, SUBNET_INVALID, GATEWAY_OUT_OF_RANGE, … or INVALID_ARGUMENT for several at once
 */
export function networkSpec(request: CreateNetworkRequest, driver?: NetworkOwner): NetworkSpec {
  const problems = new Problems();
  const type = problems.parse('type', () => parseType(request.type ?? 'loopback')) ?? 'loopback';
  const name = problems.parse('name', () => parseName('network', request.name)) ?? '';
  const hostInterface = problems.parse('interface', () => parseInterface(request.interface, type));
  const natInterface = problems.parse('nat-if', () => parseOptionalInterface(request.natInterface));
  const pools = parsePools(request, type, problems);
  const mtu = problems.parse('mtu', () => parseMtu(request.mtu, pools));
  const labels = problems.parse('label', () => parseLabels(request.labels ?? [])) ?? {};
  const { icc = true, internal = false, driverOptions: options = [] } = request;
  const owned = ownership({ name, type, pools, icc, internal, options }, driver, problems);
  problems.raise();
  return {
    name,
    type,
    ...(hostInterface === undefined ? {} : { interface: hostInterface }),
    pools,
    nat: request.nat ?? true,
    ...(natInterface === undefined ? {} : { natInterface }),
    icc,
    internal,
    ...(mtu === undefined ? {} : { mtu }),
    labels,
    ...owned,
  };
}

function parseType(text: string): NetworkType {
  const type = NETWORK_TYPES.find((candidate) => candidate === text);
  if (type !== undefined) return type;
  throw invalid(`${quote(text)} is not a network type`, `use ${NETWORK_TYPES.join(', ')}`);
}

function parseInterface(text: string | undefined, type: NetworkType): string | undefined {
  if (type === 'custom' && text === undefined) {
    throw invalid('a custom network needs an interface of the host', 'name it with --interface IF');
  }
  return parseOptionalInterface(text);
}

function parseOptionalInterface(text: string | undefined): string | undefined {
  return text === undefined ? undefined : parseInterfaceName(text);
}

function parsePools(
  request: CreateNetworkRequest,
  type: NetworkType,
  problems: Problems,
): PerFamily<Pool> {
  const subnets = {
    ipv4: problems.parse('subnet', () => parseSubnet(request.subnet, 'ipv4')),
    ipv6: problems.parse('subnet6', () => parseSubnet(request.subnet6, 'ipv6')),
  };
  if (request.subnet === undefined && request.subnet6 === undefined) {
    problems.add(
      'subnet',
      new KleenetError('SUBNET_INVALID', 'a network needs a subnet', {
        hint: 'give --subnet CIDR, --subnet6 CIDR, or both; for example --subnet 10.1.0.0/24',
      }),
    );
  }
  const ranges = parseRanges(request.ranges ?? [], subnets, problems);
  const excluded = parseExclusions(request.exclude ?? [], subnets, problems);
  const gateways = { ipv4: request.gateway, ipv6: request.gateway6 };
  const pools: { [F in Family]?: Pool } = {};
  for (const family of FAMILIES) {
    const subnet = subnets[family];
    if (subnet === undefined) continue;
    const gateway = problems.parse(GATEWAY_OPTION[family], () =>
      parseGateway(gateways[family], subnet, type),
    );
    const range = ranges[family];
    pools[family] = {
      subnet,
      gatewayOnHost: false,
      ...gateway,
      ...(range === undefined ? {} : { range }),
      exclude: excluded.filter((cidr) => familyOf(cidr) === family),
    };
  }
  return pools;
}

function parseSubnet(text: string | undefined, family: Family): Cidr | undefined {
  if (text === undefined) return undefined;
  const subnet = parseCidr(text, family);
  const special = specialRangeOf(subnet);
  if (special === undefined) return subnet;
  const { cidr, use } = special;
  const where = containsCidr(cidr, subnet) ? 'it is in' : 'it holds addresses of';
  throw new KleenetError(
    'SUBNET_INVALID',
    `${subnet} cannot be a network's: ${where} ${cidr}, which is ${use}`,
    {
      hint: 'choose a private subnet, for example one inside 10.0.0.0/8 or fd00::/8',
      details: { subnet, range: cidr },
    },
  );
}

/** Only bridge networks have gateways: other types check a given one and ignore it. */
function parseGateway(
  text: string | undefined,
  subnet: Cidr,
  type: NetworkType,
): Pick<Pool, 'gateway' | 'gatewayOnHost'> {
  const choice = parseGatewayChoice(text ?? 'auto');
  const gateway = gatewayFor(subnet, choice);
  if (gateway === undefined || type !== 'bridge') return { gatewayOnHost: false };
  return { gateway, gatewayOnHost: choice === 'auto' };
}

function parseGatewayChoice(text: string): GatewayChoice {
  if (text === 'auto') return 'auto';
  return text === '' ? 'none' : parseIpAddress(text);
}

function parseRanges(
  texts: readonly string[],
  subnets: SubnetsByFamily,
  problems: Problems,
): PerFamily<Cidr> {
  const ranges: { [F in Family]?: Cidr } = {};
  for (const text of texts) {
    problems.parse('ip-range', () => {
      const range = parseInside(parseCidr(text), subnets);
      if (ranges[familyOf(range)] !== undefined) {
        throw invalid(
          'only one range of each family can be given',
          'choose one, and exclude the rest with --exclude',
        );
      }
      ranges[familyOf(range)] = range;
    });
  }
  return ranges;
}

type SubnetsByFamily = Readonly<Record<Family, Cidr | undefined>>;

function parseExclusions(
  texts: readonly string[],
  subnets: SubnetsByFamily,
  problems: Problems,
): Cidr[] {
  return texts.flatMap((text) => {
    const parse = (): Cidr =>
      text.includes('/') ? parseCidr(text) : hostCidr(parseIpAddress(text));
    return problems.parse('exclude', () => parseInside(parse(), subnets)) ?? [];
  });
}

function parseInside(cidr: Cidr, subnets: SubnetsByFamily): Cidr {
  const family = familyOf(cidr);
  const subnet = subnets[family];
  if (subnet !== undefined && containsCidr(subnet, cidr)) return cidr;
  const where =
    subnet === undefined
      ? `the network has no --${SUBNET_OPTION[family]}`
      : `it is outside ${subnet}`;
  throw new KleenetError('ADDRESS_OUT_OF_RANGE', `${cidr} does not lie in the network: ${where}`, {
    hint: 'give a part of the subnet',
    details: { value: cidr },
  });
}

function parseMtu(mtu: number | undefined, pools: PerFamily<Pool>): number | undefined {
  if (mtu === undefined) return undefined;
  const least = MTU.least[pools.ipv6 === undefined ? 'ipv4' : 'ipv6'];
  if (Number.isInteger(mtu) && mtu >= least && mtu <= MTU.most) return mtu;
  throw invalid(
    `${mtu} is not a valid MTU`,
    `give a whole number of bytes from ${least} to ${MTU.most}`,
  );
}

function invalid(message: string, hint: string): KleenetError {
  return new KleenetError('INVALID_ARGUMENT', message, { hint });
}
