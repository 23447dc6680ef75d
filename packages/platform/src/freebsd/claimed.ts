/** Removing a driver's resources from the claims alone, without the driver. */
import { knownResource, tryAll } from '@kleenet/core';
import type { Argv, CommandRunner, Operation, Resource } from '@kleenet/core';
import type { AddressResource, InterfaceResource } from '@kleenet/core/driver';
import { destroyArgv, readInterfaces, removeAddressArgv } from './ifconfig.ts';
import type { Interface, InterfaceAddress } from './ifconfig.ts';
import { GROUP } from './names.ts';
import { change } from './run.ts';
import { twinNames, twinOf } from './twins.ts';

/** The decision for a claimed resource: already gone, removed by a command, or not klee's to remove. */
type Removal = 'gone' | 'left' | Argv;

/**
 * Removes interfaces with our mark, and host addresses (/32, /128) on the interface that was claimed with them. Returns
 * the rest: unmarked interfaces, addresses with a subnet, and kinds that only the driver knows.
 */
export async function removeClaimed(
  commands: CommandRunner,
  resources: readonly Resource[],
  { signal }: Pick<Operation, 'signal'>,
): Promise<readonly Resource[]> {
  if (resources.length === 0) return [];
  const interfaces = await readInterfaces(commands, { signal });
  const twins = twinNames(interfaces);
  const removals = resources.map((resource) => removalOf(resource, interfaces));
  await tryAll(
    removals.map((removal, index) => async () => {
      if (typeof removal === 'string') return;
      const resource = resources[index];
      if (resource?.['peer'] !== undefined && twins.length > 0) throw twinOf(resource.name, twins);
      await change(commands, removal, { signal, tolerate: ['interface-gone', 'address-gone'] });
    }),
  );
  return resources.filter((_, index) => removals[index] === 'left');
}

/** Decides about one resource. Pure. */
function removalOf(resource: Resource, interfaces: readonly Interface[]): Removal {
  const known = knownResource(resource);
  switch (known?.kind) {
    case 'interface':
      return removalOfInterface(known, interfaces);
    case 'address':
      return removalOfAddress(known, interfaces);
    // Networks, sandboxes and images have these, or endpoints on other platforms.
    case 'route':
    case 'neighbour':
    case 'namespace':
    case 'jail':
    case 'sandbox':
    case 'mount':
    case 'directory':
    case 'sysctl':
    case undefined:
      return 'left';
  }
}

function removalOfInterface(
  { name }: InterfaceResource,
  interfaces: readonly Interface[],
): Removal {
  const there = interfaces.find((found) => found.name === name);
  if (there === undefined) return 'gone';
  return there.groups.includes(GROUP) ? destroyArgv(name) : 'left';
}

function removalOfAddress(
  { name, interface: on }: AddressResource,
  interfaces: readonly Interface[],
): Removal {
  const there = interfaces.find((found) => found.name === on);
  const plain = name.replace(/\/.*/, '');
  const held = there?.addresses.find(({ address }) => address === plain);
  if (there === undefined || held === undefined) return 'gone';
  return standsAlone(held) ? removeAddressArgv(there.name, held.address) : 'left';
}

/** Drivers add host addresses only; an address with a subnet belongs to the host. */
function standsAlone({ family, prefix }: InterfaceAddress): boolean {
  return prefix === (family === 'ipv4' ? 32 : 128);
}
