import fc from 'fast-check';
import { disconnect } from '../../model/state.ts';
import { LAN_INTERFACE } from '../../world/places.ts';
import type { Model, Network } from '../../model/state.ts';
import { FAMILIES, LAN_SUBNET, subnetOf } from '../../model/subnets.ts';
import type { Family } from '../../model/subnets.ts';
import { command } from './command.ts';
import { networkName } from './names.ts';
import type { StepKind } from './step.ts';

interface CreateNetwork extends Pick<
  Network,
  'name' | 'subnet' | 'families' | 'type' | 'nat' | 'icc' | 'internal' | 'gateway'
> {
  readonly do: 'create network';
}

const mostly = (usual: boolean): fc.Arbitrary<boolean> =>
  fc.oneof(
    { weight: 4, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constant(!usual) },
  );

export const createNetwork: StepKind<CreateNetwork> = {
  name: 'create network',
  weight: 6,
  arbitrary: fc
    .record<CreateNetwork>({
      do: fc.constant('create network'),
      name: networkName,
      subnet: fc.constantFrom(1, 2, 3, 4),
      families: fc.constantFrom(FAMILIES, FAMILIES, ['ipv4'], ['ipv6']),
      type: fc.constantFrom('bridge', 'bridge', 'loopback', 'custom'),
      nat: mostly(true),
      icc: mostly(true),
      internal: mostly(false),
      gateway: mostly(true),
    })
    .map((step) =>
      step.type === 'custom' ? { ...step, subnet: LAN_SUBNET, gateway: false } : step,
    ),
  possible: (model, { name, type }) =>
    // The model of FreeBSD has no machine on a second interface.
    (model.system !== 'freebsd' || type !== 'custom') &&
    (model.networks.size < 4 || model.networks.has(name)),
  change(model, { do: _, ...asked }) {
    const refusals = model.networks.has(asked.name) ? ['NAME_TAKEN'] : [];
    if (overlaps(model, asked)) refusals.push('SUBNET_OVERLAP');
    const isCustom = ({ type }: Pick<Network, 'type'>): boolean => type === 'custom';
    if (isCustom(asked) && [...model.networks.values()].some(isCustom))
      refusals.push('INTERFACE_IN_USE');
    if (refusals.length > 0) return refusals;
    const gateway = asked.type === 'bridge' && asked.gateway;
    model.networks.set(asked.name, { ...asked, gateway, last: {} });
    return [];
  },
  act: (world, step, refusals) => command(world, createWords(step), refusals),
};

function overlaps(
  model: Model,
  { subnet, families }: Pick<Network, 'subnet' | 'families'>,
): boolean {
  return [...model.networks.values()].some(
    (other) =>
      other.subnet === subnet && families.some((family) => other.families.includes(family)),
  );
}

function createWords(step: CreateNetwork): string[] {
  const { name, subnet, families, type, nat, icc, internal, gateway } = step;
  return [
    'network',
    'create',
    '--type',
    type,
    ...families.flatMap((family) => [
      family === 'ipv4' ? '--subnet' : '--subnet6',
      subnetOf(subnet, family).cidr,
    ]),
    ...(nat ? [] : ['--no-nat']),
    ...(icc ? [] : ['--no-icc']),
    ...(internal ? ['--internal'] : []),
    ...(type === 'custom' ? customWords(families) : []),
    ...(gateway || type !== 'bridge'
      ? []
      : families.map((family) => (family === 'ipv4' ? '--gw=' : '--gw6='))),
    name,
  ];
}

/** Addresses that are chosen automatically are kept apart from those of other machines. */
function customWords(families: readonly Family[]): string[] {
  const ranges = families.map((family) =>
    subnetOf(LAN_SUBNET, family).cidr.replace(/[0-9]+$/, family === 'ipv4' ? '30' : '126'),
  );
  return ['--interface', LAN_INTERFACE, ...ranges.flatMap((range) => ['--ip-range', range])];
}

interface RemoveNetwork {
  readonly do: 'remove network';
  readonly name: string;
}

export const removeNetwork: StepKind<RemoveNetwork> = {
  name: 'remove network',
  weight: 2,
  arbitrary: fc.record({ do: fc.constant('remove network'), name: networkName }),
  possible: (model, { name }) => model.networks.has(name),
  change(model, { name }) {
    for (const container of model.containers.values()) disconnect(model, container, name);
    model.networks.delete(name);
    return [];
  },
  act: (world, { name }, refusals) => command(world, ['network', 'rm', name], refusals),
};

export const pruneNetworks: StepKind<{ readonly do: 'prune networks' }> = {
  name: 'prune networks',
  weight: 1,
  arbitrary: fc.record({ do: fc.constant('prune networks') }),
  possible: (model) => model.networks.size > 0,
  change(model) {
    const used = [...model.containers.values()].flatMap(({ endpoints }) =>
      endpoints.map(({ network }) => network),
    );
    for (const name of model.networks.keys()) if (!used.includes(name)) model.networks.delete(name);
    return [];
  },
  act: (world, _, refusals) => command(world, ['network', 'prune', '-f'], refusals),
};
