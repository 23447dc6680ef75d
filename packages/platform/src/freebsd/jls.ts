/** Typed wrapper around jls(8). */
import { parseObject } from '@kleenet/core';
import type { Argv, CommandRunner, IpAddress } from '@kleenet/core';
import { read } from './run.ts';

/** A jail; only the fields that klee reads. */
export interface Jail {
  readonly name: string;
  readonly jid: number;
  readonly path: string;
  /** Removed, but kept by the kernel while its closed connections time out. Another jail may have the name by now. */
  readonly dying: boolean;
  /** Whether it has its own network stack. */
  readonly vnet: boolean;
  /** The lists `ip4.addr` and `ip6.addr`; empty for its own stack. */
  readonly addresses: { readonly ipv4: readonly IpAddress[]; readonly ipv6: readonly IpAddress[] };
}

export interface JailRead {
  /** Whether to include dying jails. Default false. */
  readonly dying?: boolean;
  readonly signal?: AbortSignal;
  /** As in `CommandOptions`. */
  readonly shared?: boolean;
}

const PARAMETERS = ['jid', 'name', 'path', 'dying', 'vnet', 'ip4.addr', 'ip6.addr'] as const;

/** All jails, with one process. */
export async function readJails(
  commands: CommandRunner,
  { dying, ...options }: JailRead = {},
): Promise<readonly Jail[]> {
  const { stdout } = await read(commands, jlsArgv(dying), options);
  return parseJails(stdout);
}

/** One jail, or undefined if there is none of this name; a dying one is returned only on request. */
export async function readJail(
  commands: CommandRunner,
  name: string,
  { dying, ...options }: JailRead = {},
): Promise<Jail | undefined> {
  const { reason, stdout } = await read(commands, jlsArgv(dying, name), {
    ...options,
    tolerate: ['jail-gone', 'jail-dying'],
  });
  return reason === undefined ? parseJails(stdout)[0] : undefined;
}

function jlsArgv(dying = false, name?: string): Argv {
  const one = name === undefined ? [] : ['-j', name];
  return ['jls', ...(dying ? ['-d'] : []), '--libxo', 'json', ...one, ...PARAMETERS];
}

/** The output of `jls --libxo json`; numbers and booleans are text, or with `-n` native values. */
interface PrintedJail {
  readonly jid: string | number;
  readonly name: string;
  readonly path: string;
  readonly dying?: string | boolean;
  readonly vnet?: string;
  readonly 'ip4.addr'?: readonly string[];
  readonly 'ip6.addr'?: readonly string[];
}

/** The jails in what `jls --libxo json` prints with parameters. */
export function parseJails(text: string): readonly Jail[] {
  const printed = parseObject<{
    readonly 'jail-information'?: { readonly jail?: readonly PrintedJail[] };
  }>('jls', text);
  return (printed['jail-information']?.jail ?? []).map((jail) => ({
    name: jail.name,
    jid: Number(jail.jid),
    path: jail.path,
    dying: String(jail.dying) === 'true',
    vnet: jail.vnet === 'new',
    addresses: {
      ipv4: (jail['ip4.addr'] ?? []) as readonly IpAddress[],
      ipv6: (jail['ip6.addr'] ?? []) as readonly IpAddress[],
    },
  }));
}
