/** Whether the host supports the families of a network. */
import type { Network } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';
import type { HostFiles } from './host-files.ts';

const SETTINGS = '/proc/sys/net/ipv6/conf';

/**
 * The reason why a network cannot have IPv6 on this host; undefined if it can, or has no IPv6. New interfaces of klee
 * get the setting `default`, which `all` sets, too (Linux, ip-sysctl.rst); the interface of the network has its own.
 */
export async function ipv6Off(
  files: HostFiles,
  { pools, interface: name }: Network,
): Promise<string | undefined> {
  if (pools.ipv6 === undefined) return undefined;
  const [usual, own] = await Promise.all(
    ['default', name].map((one) => files.read(`${SETTINGS}/${one}/disable_ipv6`)),
  );
  if (usual === undefined) return 'the kernel was started without IPv6';
  const off = own?.trim() === '1' ? name : usual.trim() === '1' ? 'default' : undefined;
  return off === undefined ? undefined : `net.ipv6.conf.${off}.disable_ipv6 is 1`;
}

/** @throws KleenetError FAMILY_UNSUPPORTED */
export async function requireFamilies(files: HostFiles, network: Network): Promise<void> {
  const reason = await ipv6Off(files, network);
  if (reason === undefined) return;
  throw new KleenetError(
    'FAMILY_UNSUPPORTED',
    `network '${network.name}' has IPv6, which is switched off on this host: ${reason}`,
    {
      hint: "switch it on: 'sysctl -w net.ipv6.conf.all.disable_ipv6=0'; or use a network without --subnet6",
      details: { network: network.name, family: 'ipv6' },
    },
  );
}
