/** Kernel settings below /proc/sys. Names have slashes (`net/ipv4/ip_forward`): interface names may have dots. */
import { knownResource } from '@kleenet/core';
import type { CommandRunner, Operation, Resource } from '@kleenet/core';
import { setSysctls } from './direct.ts';
import type { HostFiles } from './host-files.ts';
import { batchText } from './ip.ts';
import type { IpBatch } from './ip.ts';
import { scriptArgv } from '../runner/script.ts';
import { INSIDE } from './scripts/embedded.ts';

/** A required kernel setting. */
export interface Sysctl {
  readonly name: string;
  readonly value: string;
}

/** A setting to change, with its present value. */
export interface SysctlChange extends Sysctl {
  readonly old: string;
}

/** The settings that differ from their required values. Settings that this kernel lacks are skipped. */
export async function differingSysctls(
  files: HostFiles,
  wanted: readonly Sysctl[],
): Promise<readonly SysctlChange[]> {
  const read = await Promise.all(wanted.map(({ name }) => files.read(`/proc/sys/${name}`)));
  return wanted.flatMap(({ name, value }, index) => {
    const old = read[index]?.trim();
    return old === undefined || old === value ? [] : [{ name, value, old }];
  });
}

/**
 * The same with one process of sysctl(8), for a named network namespace. A container controls its namespace, so
 * its values are untrusted and can only hide a difference. None if it is gone.
 */
export async function differingSysctlsAt(
  commands: CommandRunner,
  wanted: readonly Sysctl[],
  netns: string,
): Promise<readonly SysctlChange[]> {
  const names = wanted.map(({ name }) => name);
  const { stdout } = await commands.read(
    ['ip', 'netns', 'exec', netns, 'sysctl', '-e', '--', ...names],
    { accept: 'any', together: true },
  );
  const found = new Map(
    stdout.split('\n').flatMap((line): (readonly [string, string])[] => {
      const [name, value] = line.split(' = ');
      return name === undefined || value === undefined ? [] : [[name, value.trim()]];
    }),
  );
  return wanted.flatMap(({ name, value }) => {
    const old = found.get(name.replaceAll('/', '.'));
    return old === undefined || old === value ? [] : [{ name, value, old }];
  });
}

/** Writes settings of the host, with at most one sysctl(8) process. Settings that this kernel lacks are skipped. */
export async function writeSysctls(
  commands: CommandRunner,
  settings: readonly Sysctl[],
  { signal }: { readonly signal?: AbortSignal } = {},
): Promise<void> {
  if (settings.length === 0) return;
  await commands.change(['sysctl', '-q', '-e', '-w', ...settings.map(assignment)], {
    directly: () => setSysctls(settings),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** The settings of a named network namespace, and what ip(8) is to do in it afterwards. */
export interface InsideChange extends Required<Pick<IpBatch, 'netns'>>, Omit<IpBatch, 'netns'> {
  readonly settings: readonly Sysctl[];
}

/** Makes both changes with one process. Settings that this kernel lacks are skipped. */
export async function changeInside(
  commands: CommandRunner,
  { netns, settings, lines, signal }: InsideChange,
): Promise<void> {
  const script = scriptArgv(INSIDE, settings.map(assignment));
  await commands.change(['nsenter', `--net=${NAMESPACES}/${netns}`, '--', ...script], {
    input: batchText(lines),
    ...(signal === undefined ? {} : { signal }),
  });
}

/** Where ip(8) keeps named network namespaces (ip-netns(8)). */
const NAMESPACES = '/run/netns';

function assignment({ name, value }: Sysctl): string {
  return `${name}=${value}`;
}

/** One sentence. */
export function settingProblem({ name, old, value }: SysctlChange): string {
  return `the kernel setting ${name} is ${old}, not ${value}`;
}

/** Records the old values, then changes the settings. */
export async function changeSysctls(
  commands: CommandRunner,
  changes: readonly SysctlChange[],
  scope: 'host' | 'interface',
  operation: Operation,
): Promise<void> {
  for (const { name, value, old } of changes)
    await operation.claim({ kind: 'sysctl', name, scope, value, old });
  await writeSysctls(commands, changes, { signal: operation.signal });
}

/** Settings to restore on a user's interface, from the claims that recorded them. */
export function interfaceSysctlsToRestore(claims: readonly Resource[]): readonly Sysctl[] {
  return claims.flatMap((claim) => {
    const known = knownResource(claim);
    return known?.kind === 'sysctl' && known.scope === 'interface'
      ? [{ name: known.name, value: known.old }]
      : [];
  });
}
