/** What is different on the host, and in its jails, from what vnet endpoints are to have. */
import type { AttachTarget, CommandRunner, Family, Observation } from '@kleenet/core/driver';
import { isKleenetError } from '@kleenet/core/errors';
import { readInterfaces, unguardedEndpoints } from '@kleenet/platform/freebsd';
import type { DefaultRoute, Interface } from '@kleenet/platform/freebsd';
import type { FreebsdJailStack } from './freebsd-jail.ts';
import { attachedSiblings, defaultRoutes, existingPair, heldBy } from './freebsd-plan.ts';
import type { DefaultRoutes } from './freebsd-plan.ts';

/** What the host has, read once for all targets. */
interface HostView {
  readonly interfaces: readonly Interface[];
  /** The ids of endpoints that the firewall does not guard. */
  readonly unguarded: readonly string[];
}

export async function observeTargets(
  commands: CommandRunner,
  jails: FreebsdJailStack,
  targets: readonly AttachTarget[],
): Promise<readonly Observation[]> {
  if (targets.length === 0) return [];
  const interfaces = await readInterfaces(commands);
  const guarded = targets.flatMap((target) => {
    const pair = existingPair(target, interfaces);
    return pair === undefined ? [] : [{ ...target, hostInterface: pair.outside }];
  });
  const unguarded = await unguardedEndpoints(commands, guarded);
  return Promise.all(targets.map((target) => observeOne(jails, target, { interfaces, unguarded })));
}

async function observeOne(
  jails: FreebsdJailStack,
  target: AttachTarget,
  host: HostView,
): Promise<Observation> {
  const { endpoint } = target;
  const pair = existingPair(target, host.interfaces);
  const outside = host.interfaces.find(({ name }) => name === pair?.outside);
  // The host's word: what is still here is not in the jail.
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
  { interfaces, unguarded }: HostView,
): readonly string[] {
  const bridge = interfaces.find(({ name }) => name === network.interface);
  const member = bridge?.members.find(({ name }) => name === outside.name);
  const isolated = member?.flags.includes('PRIVATE') === true;
  return [
    ...(outside.flags.includes('UP') ? [] : [`interface ${outside.name} is down`]),
    ...(member === undefined
      ? [`${outside.name} is not a member of the bridge ${network.interface}`]
      : []),
    ...(member === undefined || isolated === !network.icc
      ? []
      : [
          `${outside.name} ${network.icc ? 'does not reach' : 'reaches'} the other members of its bridge`,
        ]),
    ...(unguarded.includes(endpoint.id)
      ? [`the firewall does not guard what container '${container.name}' sends by ${outside.name}`]
      : []),
  ];
}

/** The container's word, as far as its own programs answer: it can hide a difference, and do no more. */
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
      ...families.flatMap((family, index) => routeProblem(target, family, found[index])),
    ];
  } catch (error) {
    if (!isKleenetError(error)) throw error;
    return [`container '${target.container.name}' does not tell its interfaces: ${error.message}`];
  }
}

function ownFamilies({ endpoint }: AttachTarget, routes: DefaultRoutes): readonly Family[] {
  return (['ipv4', 'ipv6'] as const).filter(
    (family) => routes[family]?.interface === endpoint.interface,
  );
}

function interfaceProblems(target: AttachTarget, inside: Interface): readonly string[] {
  const { container, endpoint } = target;
  const held = new Set<string>(inside.addresses.map(({ address }) => address));
  return [
    ...(endpoint.mac === undefined || inside.ether === endpoint.mac
      ? []
      : [`container '${container.name}' has the MAC address ${inside.ether}, not ${endpoint.mac}`]),
    ...heldBy(target)
      .filter(({ address }) => !held.has(address))
      .map(({ address }) => `container '${container.name}' lacks its address ${address}`),
  ];
}

function routeProblem(
  { container, endpoint }: AttachTarget,
  family: Family,
  route: DefaultRoute | undefined,
): readonly string[] {
  if (route?.interface === endpoint.interface) return [];
  return [
    `the ${family === 'ipv4' ? 'IPv4' : 'IPv6'} default route of container '${container.name}' does not leave by ${endpoint.interface}`,
  ];
}
