/** What makes a network one of a driver: its options, and whether the driver supports it. Pure. */
import { FAMILIES } from '../../address/types.ts';
import type { Family } from '../../address/types.ts';
import type { CheckedDriver } from '../../guard/index.ts';
import { KleenetError } from '../../errors.ts';
import type { Network, NetworkType } from '../../model.ts';
import { parseDriverOptions } from './driver-options.ts';
import { unkeptProblems } from './isolation.ts';
import type { Problems } from './problems.ts';

/** The driver that a network is to belong to, as far as the specification depends on it. */
export type NetworkOwner = Pick<CheckedDriver, 'name' | 'capabilities' | 'networkOptions'>;

interface Owned extends Pick<Network, 'name' | 'type' | 'pools' | 'internal' | 'icc'> {
  /** The `--driver-opt` texts. */
  readonly options: readonly string[];
}

/** The members of a network that its driver gives it. */
export function ownership(
  { options, ...network }: Owned,
  driver: NetworkOwner | undefined,
  problems: Problems,
): Pick<Network, 'driver' | 'options'> {
  if (driver === undefined) {
    if (options.length > 0) problems.add('driver-opt', withoutDriver());
    return { options: {} };
  }
  const { type, pools } = network;
  const { networkTypes, families } = driver.capabilities;
  if (!networkTypes.includes(type)) problems.add('type', typeUnsupported(driver, type));
  for (const family of networkTypes.length === 0 ? [] : FAMILIES)
    if (pools[family] !== undefined && !families.includes(family))
      problems.add(SUBNET_OPTION[family], familyUnsupported(driver, family));
  if (networkTypes.includes(type))
    for (const { option, error } of unkeptProblems(driver, network)) problems.add(option, error);
  const { name, networkOptions: known } = driver;
  return {
    driver: name,
    options: parseDriverOptions({ driver: name, for: 'network', known }, options, problems),
  };
}

const SUBNET_OPTION: Readonly<Record<Family, string>> = { ipv4: 'subnet', ipv6: 'subnet6' };
const FAMILY_NAME: Readonly<Record<Family, string>> = { ipv4: 'IPv4', ipv6: 'IPv6' };

function withoutDriver(): KleenetError {
  return new KleenetError(
    'INVALID_ARGUMENT',
    'the network is not to belong to a driver, so it has no driver options',
    { hint: 'name the driver with --driver NAME' },
  );
}

function typeUnsupported({ name, capabilities }: NetworkOwner, type: NetworkType): KleenetError {
  const { networkTypes } = capabilities;
  return new KleenetError(
    'NETWORK_TYPE_UNSUPPORTED',
    networkTypes.length === 0
      ? `driver ${name} does not connect to networks`
      : `driver ${name} does not connect to ${type} networks`,
    {
      hint:
        networkTypes.length === 0
          ? 'leave out --driver'
          : `give --type ${networkTypes.join(' or ')}, or leave out --driver`,
      details: { driver: name, type, supported: networkTypes },
    },
  );
}

function familyUnsupported({ name }: NetworkOwner, family: Family): KleenetError {
  return new KleenetError(
    'FAMILY_UNSUPPORTED',
    `driver ${name} does not support ${FAMILY_NAME[family]}`,
    {
      hint: `leave out --${SUBNET_OPTION[family]}, or --driver`,
      details: { driver: name, family },
    },
  );
}
