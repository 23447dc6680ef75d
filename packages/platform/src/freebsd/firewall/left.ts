/**
 * Addresses that a running jail has lost. The kernel checks a jail's list only when a socket is bound: an older socket
 * keeps sending from its old address, and receives packets for it once the host has the address again. So pf drops
 * packets from the address until it has a holder, and it is not leased while such a socket exists.
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

/** An endpoint with present or former addresses. */
export interface HolderTarget {
  readonly network: Network;
  readonly endpoint: Endpoint;
  readonly sandbox: Pick<Sandbox, 'name'>;
}

/**
 * Makes pf drop packets of a running jail from addresses that it has lost, if it has a socket there. No new sockets can
 * appear: the jail can no longer bind the addresses. May be repeated.
 */
export async function silenceAddresses(
  commands: CommandRunner,
  { network, endpoint }: HolderTarget,
  signal: AbortSignal,
): Promise<void> {
  const addresses = addressesOf(endpoint);
  const [isLoaded, sockets] = await Promise.all([
    isPfLoaded(commands, signal),
    readSocketsAt(commands, addresses, { signal }),
  ]);
  if (!isLoaded) return;
  const held = new Set(sockets.map(({ address }) => address));
  const left = addresses.filter((address) => held.has(address));
  if (left.length > 0)
    await unlessLocked(() => addToTable(commands, tableOf(network), left, { signal }));
}

/**
 * Admits packets of an endpoint from its addresses, even if another container has lost them.
 * @throws KleenetError ADDRESS_IN_USE while a program of that container still has a socket there
 */
export async function claimAddresses(
  commands: CommandRunner,
  { network, endpoint, sandbox }: HolderTarget,
  options: { readonly signal?: AbortSignal } = {},
): Promise<void> {
  const left = await leftAmong(commands, network, addressesOf(endpoint), options);
  if (left.length === 0) return;
  const [stranger] = await readSocketsAt(commands, left, {
    ...options,
    exceptIn: sandbox.name,
  });
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

/** Makes the reading that {@link claimAddresses} shares, beside others. It is made again if it fails. */
export async function lookForLeft(
  commands: CommandRunner,
  network: Network,
  signal: AbortSignal,
): Promise<void> {
  await Promise.allSettled([
    isPfLoaded(commands, signal),
    readTable(commands, tableOf(network), { signal }),
  ]);
}

/** Lost addresses whose packets pf drops. */
export async function leftAmong(
  commands: CommandRunner,
  network: Network,
  addresses: readonly IpAddress[],
  options: { readonly signal?: AbortSignal } = {},
): Promise<readonly IpAddress[]> {
  const left = new Set(await readTable(commands, tableOf(network), options));
  return addresses.filter((address) => left.has(address));
}

export function addressesOf({ addresses }: Endpoint): readonly IpAddress[] {
  return FAMILIES.flatMap((family) => addresses[family] ?? []);
}

function tableOf({ id }: Network): TableOfAnchor {
  return { anchor: NETWORKS_ANCHOR, table: leftTable(id) };
}
