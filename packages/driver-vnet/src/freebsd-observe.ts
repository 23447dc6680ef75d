/** Compares the host and its jails with the desired state of vnet endpoints. */
import { FAMILIES, defaultRoutes, heldAddresses } from '@kleenet/core/driver';
import type {
  AttachTarget,
  CommandRunner,
  Family,
  MacAddress,
  Observation,
} from '@kleenet/core/driver';
import { isKleenetError } from '@kleenet/core/errors';
import {
  isQuiet,
  readInterfaces,
  readStaticAddresses,
  unguardedEndpoints,
  unguardedProblem,
} from '@kleenet/platform/freebsd';
import type { DefaultRoute, Interface, StaticAddress } from '@kleenet/platform/freebsd';
import type { FreebsdJailStack } from './freebsd-jail.ts';
import { attachedSiblings, existingPair, mtuOf } from './freebsd-plan.ts';

/** The desired default routes of a container. */
type Wanted = ReturnType<typeof defaultRoutes>;

/** The state of the host, read once for all targets. */
interface HostView {
  readonly interfaces: readonly Interface[];
  /** The ids of endpoints without complete firewall entries. */
  readonly unguarded: readonly string[];
  /** The static entries of the bridges. */
  readonly told: readonly StaticAddress[];
}

export async function observeTargets(
  commands: CommandRunner,
  jails: FreebsdJailStack,
  targets: readonly AttachTarget[],
): Promise<readonly Observation[]> {
  if (targets.length === 0) return [];
  const interfaces = await readInterfaces(commands, { shared: true });
  const guarded = targets.flatMap((target) => {
    const pair = existingPair(target, interfaces);
    return pair === undefined ? [] : [{ ...target, hostInterface: pair.outside }];
  });
  const bridges = new Set(
    guarded
      .filter(({ endpoint }) => endpoint.mac !== undefined)
      .map(({ network }) => network.interface),
  );
  const [unguarded, ...tables] = await Promise.all([
    unguardedEndpoints(commands, guarded),
    ...[...bridges].map((bridge) => readStaticAddresses(commands, bridge)),
  ]);
  const host = { interfaces, unguarded, told: tables.flat() };
  return Promise.all(targets.map((target) => observeOne(jails, target, host)));
}

async function observeOne(
  jails: FreebsdJailStack,
  target: AttachTarget,
  host: HostView,
): Promise<Observation> {
  const { endpoint } = target;
  const pair = existingPair(target, host.interfaces);
  const outside = host.interfaces.find(({ name }) => name === pair?.outside);
  // According to the host: an interface that is still here is not in the jail.
  const left = !host.interfaces.some(({ name }) => name === pair?.inside);
  if (outside === undefined || !left)
    return { endpointId: endpoint.id, problems: [lacksInterface(target)] };
  return {
    endpointId: endpoint.id,
    hostInterface: outside.name,
    problems: [
      ...outsideProblems(target, outside, host),
      ...(await insideProblems(jails, target, host)),
    ],
  };
}

function lacksInterface({ container, endpoint }: AttachTarget): string {
  return `container '${container.name}' has no interface ${endpoint.interface}`;
}

function outsideProblems(
  { container, endpoint, network }: AttachTarget,
  outside: Interface,
  { interfaces, unguarded, told }: HostView,
): readonly string[] {
  const bridge = interfaces.find(({ name }) => name === network.interface);
  const member = bridge?.members.find(({ name }) => name === outside.name);
  const isolated = member?.flags.includes('PRIVATE') === true;
  return [
    ...(outside.flags.includes('UP') ? [] : [`interface ${outside.name} is down`]),
    ...mtuProblems(outside, mtuOf(network, interfaces)),
    ...(isQuiet(outside) ? [] : [`interface ${outside.name} takes part in IPv6 for the host`]),
    ...(member === undefined
      ? [`${outside.name} is not a member of the bridge ${network.interface}`]
      : []),
    ...(member === undefined || isolated === !network.icc
      ? []
      : [
          `${outside.name} ${network.icc ? 'does not reach' : 'reaches'} the other members of its bridge`,
        ]),
    ...(member === undefined || isTold(told, outside.name, endpoint.mac)
      ? []
      : [
          `the bridge ${network.interface} does not know ${endpoint.mac} to be behind ${outside.name}`,
        ]),
    ...(unguarded.includes(endpoint.id) ? [unguardedProblem(container, outside.name)] : []),
  ];
}

function isTold(
  told: readonly StaticAddress[],
  outside: string,
  mac: MacAddress | undefined,
): boolean {
  return mac === undefined || told.some(({ ether, member }) => ether === mac && member === outside);
}

function mtuProblems({ name, mtu }: Interface, wanted: number): readonly string[] {
  return mtu === wanted ? [] : [`the MTU of ${name} is ${mtu}, not ${wanted}`];
}

/**
 * Asked inside the container, so untrusted: it can hide a difference, nothing more. A container may add addresses and
 * routes to its stack; only those of attach are checked.
 */
async function insideProblems(
  jails: FreebsdJailStack,
  target: AttachTarget,
  { interfaces }: HostView,
): Promise<readonly string[]> {
  try {
    const inside = await jails.interface(target);
    if (inside === undefined) return [lacksInterface(target)];
    const wanted = defaultRoutes([...attachedSiblings(target, interfaces), target]);
    const families = ownFamilies(target, wanted);
    const found = await Promise.all(families.map((family) => jails.defaultRoute(target, family)));
    return [
      ...interfaceProblems(target, inside),
      ...mtuProblems(inside, mtuOf(target.network, interfaces)),
      ...families.flatMap((family, index) => routeProblem(target, wanted, family, found[index])),
    ];
  } catch (error) {
    if (!isKleenetError(error)) throw error;
    return [
      `container '${target.container.name}' does not report its interfaces: ${error.message}`,
    ];
  }
}

function ownFamilies({ endpoint }: AttachTarget, routes: Wanted): readonly Family[] {
  return FAMILIES.filter((family) => routes[family]?.endpoint.id === endpoint.id);
}

function interfaceProblems(target: AttachTarget, inside: Interface): readonly string[] {
  const { container, endpoint } = target;
  const who = `container '${container.name}'`;
  return [
    ...(inside.flags.includes('UP') ? [] : [`${endpoint.interface} of ${who} is down`]),
    ...(endpoint.mac === undefined || inside.ether === endpoint.mac
      ? []
      : [`${who} has the MAC address ${inside.ether}, not ${endpoint.mac}`]),
    ...heldAddresses(target).flatMap(({ address, prefix }) => {
      const held = inside.addresses.find((one) => one.address === address);
      if (held === undefined) return [`${who} lacks its address ${address}`];
      if (held.prefix === prefix) return [];
      return [`${who} has its address ${address} with a prefix of ${held.prefix}, not ${prefix}`];
    }),
  ];
}

function routeProblem(
  { container, endpoint }: AttachTarget,
  wanted: Wanted,
  family: Family,
  route: DefaultRoute | undefined,
): readonly string[] {
  const which = `the ${family === 'ipv4' ? 'IPv4' : 'IPv6'} default route of container '${container.name}'`;
  if (route?.interface !== endpoint.interface)
    return [`${which} does not leave by ${endpoint.interface}`];
  const gateway = wanted[family]?.gateway;
  return route.gateway === gateway
    ? []
    : [`${which} leads to ${route.gateway ?? 'the link'}, not to ${gateway}`];
}
