/** Removing a driver's resources from the claims alone, without the driver. */
import { knownResource } from '@kleenet/core';
import type { CommandRunner, Operation, Resource } from '@kleenet/core';
import type { AddressResource, NeighbourResource, RouteResource } from '@kleenet/core/driver';
import { ROUTE_PROTOCOL, isMarked, links } from '@kleenet/core/linux';
import { ipRead } from './ip.ts';
import { ipRemove } from './ip-removals.ts';

const DEVICE = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$/;
const ADDRESS = /^[0-9a-f.:]+(\/\d{1,3})?$/i;
/** A locally administered MAC address that klee never assigns. */
const NOBODY = '02:00:00:00:00:00';
const SANDBOX = /^klee-[0-9a-f]{12}$/;

/**
 * Removes interfaces with our mark or in a container's namespace, routes of our protocol number, and addresses and
 * neighbours under their claimed names. Returns the rest: unmarked interfaces, and kinds that only the driver knows.
 */
export async function removeClaimed(
  commands: CommandRunner,
  resources: readonly Resource[],
  { signal }: Pick<Operation, 'signal'>,
): Promise<readonly Resource[]> {
  const onHost = resources.filter(({ namespace }) => namespace === undefined);
  const inside = resources.filter(({ namespace }) => namespace !== undefined);
  const foreign = await unmarked(commands, onHost, signal);
  const removals = onHost.map((resource) => ({
    resource,
    lines: foreign.has(resource.name) && resource.kind === 'interface' ? [] : removeLines(resource),
  }));
  const lines = removals.flatMap((removal) => removal.lines);
  await ipRemove(commands, { lines, signal });
  return [
    ...removals.filter((removal) => removal.lines.length === 0).map(({ resource }) => resource),
    ...(await removeInside(commands, inside, signal)),
  ];
}

/** A container's namespace belongs to klee entirely. Resources that disappear with the namespace count as removed. */
async function removeInside(
  commands: CommandRunner,
  resources: readonly Resource[],
  signal: AbortSignal,
): Promise<readonly Resource[]> {
  const left: Resource[] = [];
  for (const resource of resources) {
    const { kind, name, namespace } = resource;
    const isOurs = namespace !== undefined && SANDBOX.test(namespace);
    const isKnown = isOurs && kind === 'interface' && DEVICE.test(name);
    if (!isKnown) left.push(resource);
    else await ipRemove(commands, { lines: [`link delete dev ${name}`], netns: namespace, signal });
  }
  return left;
}

/** The lines of ip(8) that remove a resource; none for unknown kinds, or a name that is unsafe for ip(8). */
export function removeLines(resource: Resource): readonly string[] {
  const known = knownResource(resource);
  switch (known?.kind) {
    case 'interface':
      return DEVICE.test(known.name) ? [`link delete dev ${known.name}`] : [];
    case 'namespace':
      return SANDBOX.test(known.name) ? [`netns delete ${known.name}`] : [];
    case 'address':
    case 'route':
    case 'neighbour':
      return removeAddressLines(known);
    // Networks, sandboxes and images have these, not endpoints.
    case 'jail':
    case 'sandbox':
    case 'mount':
    case 'directory':
    case 'sysctl':
    case undefined:
      return [];
  }
}

function removeAddressLines(
  resource: AddressResource | RouteResource | NeighbourResource,
): readonly string[] {
  const { kind, name, interface: device } = resource;
  if (!ADDRESS.test(name) || device === undefined || !DEVICE.test(device)) return [];
  switch (kind) {
    case 'address':
      return [`address delete ${name} dev ${device}`];
    case 'route':
      return [`route delete ${name} dev ${device} proto ${ROUTE_PROTOCOL}`];
    case 'neighbour':
      // Deleting a missing neighbour ends the whole batch (iproute2 6.1), so it is added first.
      return [
        `neighbour replace ${name} lladdr ${NOBODY} dev ${device} nud permanent`,
        `neighbour delete ${name} dev ${device}`,
        `neighbour replace proxy ${name} dev ${device}`,
        `neighbour delete proxy ${name} dev ${device}`,
      ];
  }
}

/** The existing interfaces that klee did not make; none where no interface is claimed. */
async function unmarked(
  commands: CommandRunner,
  resources: readonly Resource[],
  signal: AbortSignal,
): Promise<ReadonlySet<string>> {
  if (!resources.some(({ kind }) => kind === 'interface')) return new Set();
  const present = links(await ipRead(commands, { lines: ['link show'], signal }));
  return new Set(present.filter(({ group }) => !isMarked({ group })).map(({ ifname }) => ifname));
}
