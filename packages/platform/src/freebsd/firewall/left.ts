/**
 * Addresses that a running jail has lost. The kernel looks at a jail's list when a socket is bound, and not again: a
 * socket of before goes on sending from its old address, and receives what is for it once the host has it again. So pf
 * drops what comes from there until the address has a holder, and none gets it while such a socket is there.
 */
import { FAMILIES } from '@kleenet/core';
import type { CommandRunner, Endpoint, IpAddress, Network, Sandbox } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';
import { addToTable, deleteFromTable, readTable } from '../pfctl.ts';
import type { TableOfAnchor } from '../pfctl.ts';
import { readSocketsAt } from '../sockstat.ts';
import { isPfLoaded } from './probe.ts';
import { NETWORKS_ANCHOR } from './render.ts';
import { unlessLocked } from './securelevel.ts';
import { leftTable } from './text.ts';

/** An endpoint that has addresses, or had them. */
export interface HolderTarget {
  readonly network: Network;
  readonly endpoint: Endpoint;
  readonly sandbox: Pick<Sandbox, 'name'>;
}

/**
 * Has pf drop what a jail that goes on running still sends from addresses that it has lost, where it has a socket there.
 * There come none later: the jail can no longer bind them. May be repeated.
 */
export async function silenceAddresses(
  commands: CommandRunner,
  { network, endpoint }: HolderTarget,
  signal: AbortSignal,
): Promise<void> {
  const addresses = addressesOf(endpoint);
  if (addresses.length === 0 || !(await isPfLoaded(commands))) return;
  const held = new Set((await readSocketsAt(commands, addresses)).map(({ address }) => address));
  const left = addresses.filter((address) => held.has(address));
  if (left.length > 0)
    await unlessLocked(() => addToTable(commands, tableOf(network), left, { signal }));
}

/**
 * Lets an endpoint send from its addresses, also where another container has lost them.
 * @throws KleenetError ADDRESS_IN_USE while a program of that container still has a socket there
 */
export async function claimAddresses(
  commands: CommandRunner,
  { network, endpoint, sandbox }: HolderTarget,
  options: { readonly signal?: AbortSignal } = {},
): Promise<void> {
  const left = await leftAmong(commands, network, addressesOf(endpoint));
  if (left.length === 0) return;
  const [stranger] = await readSocketsAt(commands, left, sandbox.name);
  if (stranger !== undefined)
    throw new KleenetError(
      'ADDRESS_IN_USE',
      `a program of the container that had the address ${stranger.address} still uses it: ${stranger.process}`,
      {
        hint: "restart that container, or connect again with another address: 'klee network connect --ip', '--ip6'",
        details: { address: stranger.address },
      },
    );
  await deleteFromTable(commands, tableOf(network), left, options);
}

/** Those whose packets pf drops, as a container has lost them. */
export async function leftAmong(
  commands: CommandRunner,
  network: Network,
  addresses: readonly IpAddress[],
): Promise<readonly IpAddress[]> {
  if (addresses.length === 0) return [];
  const left = new Set(await readTable(commands, tableOf(network)));
  return addresses.filter((address) => left.has(address));
}

export function addressesOf({ addresses }: Endpoint): readonly IpAddress[] {
  return FAMILIES.flatMap((family) => addresses[family] ?? []);
}

function tableOf({ id }: Network): TableOfAnchor {
  return { anchor: NETWORKS_ANCHOR, table: leftTable(id) };
}
