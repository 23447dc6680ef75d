/** The option of a network, and what is asked of a host for it. */
import { FAMILIES } from '@kleenet/core/driver';
import type { Family, Issue, Network, OptionDescription } from '@kleenet/core/driver';
import { hasCode } from '@kleenet/core/errors';

/** Of Linux, where it is a 32-bit number. FreeBSD has fewer, and says so on the host. */
const LARGEST = 2 ** 32 - 1;

export const NETWORK_OPTIONS: Readonly<Record<string, OptionDescription>> = Object.freeze({
  table: {
    description:
      'Number of the routing table (on FreeBSD: of the FIB) by which containers leave the host. Default: the main one.',
    check: (value: string) =>
      /^[1-9]\d{0,9}$/.test(value) && Number(value) <= LARGEST
        ? undefined
        : `is not a number from 1 to ${LARGEST}`,
  },
});

/** The routing table of a network; undefined for the main one. */
export function tableOf({ options }: Network): number | undefined {
  const { table } = options;
  return table === undefined ? undefined : Number(table);
}

export function tableIssue(message: string): Issue {
  return { path: 'driver-opt table', message };
}

/** The families in which a network leaves the host: an internal one does not. */
export function leavingFamilies({ pools, internal }: Network): readonly Family[] {
  return internal ? [] : FAMILIES.filter((family) => pools[family] !== undefined);
}

/** The way out that a table has in one family, as far as it is known. */
export interface WayOut {
  readonly interface: string;
  /** In bytes. */
  readonly mtu?: number;
}

const SHOWN = { ipv4: 'IPv4', ipv6: 'IPv6' } as const;

/**
 * What a network lacks in its table. An MTU that is too large is one: the other end of a connection is told the container's, and where
 * the message about packets that are too large is filtered on the way, it hangs.
 *
 * @param mtu - of the network's bridge, in bytes
 */
export function wayOutIssue(
  table: number,
  family: Family,
  mtu: number,
  way: WayOut | undefined,
): readonly Issue[] {
  if (way === undefined)
    return [
      tableIssue(
        `routing table ${table} has no ${SHOWN[family]} default route on this host: add one to it`,
      ),
    ];
  if (way.mtu === undefined || way.mtu >= mtu) return [];
  return [
    {
      path: 'mtu',
      message: `packets of ${mtu} bytes do not fit ${way.interface}, by which routing table ${table} leaves: create the network with --mtu ${way.mtu}`,
    },
  ];
}

/** What a host does not tell is no reason to refuse. */
export async function asFarAsKnown(issues: Promise<readonly Issue[]>): Promise<readonly Issue[]> {
  try {
    return await issues;
  } catch (error) {
    if (!hasCode(error, 'PLATFORM_COMMAND_FAILED', 'TOOL_MISSING')) throw error;
    return [];
  }
}
