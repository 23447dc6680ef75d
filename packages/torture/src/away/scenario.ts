/** What is built before something is taken away: a network with containers, and another network beside it. Pure. */
import { FAMILIES, subnetOf } from '../model/subnets.ts';
import type { Family } from '../model/subnets.ts';

const TYPES = ['bridge', 'loopback', 'custom'] as const;
const MODES = [
  'plain',
  'published',
  'internal',
  'no icc',
  'no gateway',
  'small packets',
  'two networks',
] as const;

export interface Scenario {
  readonly type: (typeof TYPES)[number];
  readonly families: readonly Family[];
  readonly mode: (typeof MODES)[number];
}

/** The interface of a custom network, which its user made. */
export const CUSTOM_INTERFACE = 'street0';

export const SCENARIOS: readonly Scenario[] = TYPES.flatMap((type) =>
  MODES.filter((mode) => type === 'bridge' || mode !== 'no gateway').flatMap((mode) =>
    [FAMILIES, ...FAMILIES.map((family) => [family])].map((families) => ({ type, families, mode })),
  ),
);

export function nameOf({ type, families, mode }: Scenario): string {
  return `${type} ${families.join('+')} ${mode}`;
}

/** Something of klee that is made by one command. */
export interface Made {
  readonly name: string;
  readonly kind: 'network' | 'container';
  /** The networks of a container. */
  readonly networks: readonly string[];
  readonly words: readonly string[];
}

/** The network and the container that stand beside. */
export const BESIDE: readonly string[] = ['other', 'beside'];

/** In the order in which they are made. */
export function stagesOf(scenario: Scenario): readonly Made[] {
  const { type, mode } = scenario;
  const second = mode === 'two networks' ? ['other'] : [];
  const drivers = type === 'bridge' ? ['ipnet', 'vnet'] : ['ipnet'];
  return [
    { name: 'net', kind: 'network', networks: [], words: networkWords(scenario) },
    { name: 'other', kind: 'network', networks: [], words: otherNetwork() },
    container('beside', 'ipnet', ['other'], []),
    ...drivers.map((driver, index) =>
      container(driver, driver, ['net', ...second], publishing(mode, index)),
    ),
  ];
}

function otherNetwork(): readonly string[] {
  const subnets = FAMILIES.flatMap((family) => [optionOf(family), subnetOf(2, family).cidr]);
  return ['network', 'create', '--type', 'bridge', ...subnets, 'other'];
}

function networkWords({ type, families, mode }: Scenario): readonly string[] {
  return [
    'network',
    'create',
    '--type',
    type,
    ...(type === 'custom' ? ['--interface', CUSTOM_INTERFACE] : []),
    ...families.flatMap((family) => [optionOf(family), subnetOf(1, family).cidr]),
    ...(mode === 'internal' ? ['--internal'] : []),
    ...(mode === 'no icc' ? ['--no-icc'] : []),
    ...(mode === 'small packets' ? ['--mtu', '1390'] : []),
    ...(mode === 'no gateway'
      ? families.map((family) => (family === 'ipv4' ? '--gw=' : '--gw6='))
      : []),
    'net',
  ];
}

function optionOf(family: Family): string {
  return family === 'ipv4' ? '--subnet' : '--subnet6';
}

function publishing(mode: Scenario['mode'], index: number): readonly string[] {
  return mode === 'published' ? ['--publish', `${8001 + index}:5000/tcp`] : [];
}

function container(
  name: string,
  driver: string,
  networks: readonly string[],
  more: readonly string[],
): Made {
  const options = [
    '--name',
    name,
    '--driver',
    driver,
    ...networks.flatMap((one) => ['--network', one]),
  ];
  const words = ['run', '-d', ...options, ...more, 'host', 'sleep', '1000000'];
  return { name, kind: 'container', networks, words };
}
