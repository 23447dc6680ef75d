/** Typed wrapper around sysctl(8). */
import type { CommandRunner, Operation } from '@kleenet/core';
import { change, read } from './run.ts';

interface SysctlOptions {
  /** As in `CommandOptions`. */
  readonly shared?: boolean;
  readonly signal?: AbortSignal;
}

/** A required kernel setting. */
export interface Sysctl {
  readonly name: string;
  readonly value: string;
}

/** A setting to change, with its present value. */
export interface SysctlChange extends Sysctl {
  readonly old: string;
}

/** The value of a setting, or undefined when the kernel does not have it. */
export async function readSysctl(
  commands: CommandRunner,
  name: string,
  options: SysctlOptions = {},
): Promise<string | undefined> {
  const { reason, stdout } = await read(commands, ['sysctl', '-n', name], {
    ...options,
    tolerate: ['unknown-oid'],
  });
  return reason === undefined ? stdout.trim() : undefined;
}

/**
 * The settings that differ from their required values, read with one command. Settings that this kernel lacks are
 * skipped.
 */
export async function differingSysctls(
  commands: CommandRunner,
  wanted: readonly Sysctl[],
  options: SysctlOptions = {},
): Promise<readonly SysctlChange[]> {
  if (wanted.length === 0) return [];
  const found = await readSysctls(
    commands,
    wanted.map(({ name }) => name),
    options,
  );
  return differences(wanted, found);
}

/** The settings that differ from their required values, among those that the kernel has. Pure. */
export function differences(
  wanted: readonly Sysctl[],
  found: ReadonlyMap<string, string>,
): readonly SysctlChange[] {
  return wanted.flatMap(({ name, value }) => {
    const old = found.get(name);
    return old === undefined || old === value ? [] : [{ name, value, old }];
  });
}

/** The values of settings that the kernel has. sysctl(8) prints known ones even if others are unknown. */
export async function readSysctls(
  commands: CommandRunner,
  names: readonly string[],
  options: SysctlOptions = {},
): Promise<ReadonlyMap<string, string>> {
  const { stdout } = await read(commands, ['sysctl', ...names], {
    ...options,
    tolerate: ['unknown-oid'],
  });
  return new Map(
    stdout.split('\n').flatMap((line) => {
      const [, name, value] = /^(\S+): (.*)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value] as const];
    }),
  );
}

/** Records the old values, then changes the settings of the host. */
export async function changeSysctls(
  commands: CommandRunner,
  changes: readonly SysctlChange[],
  operation: Operation,
): Promise<void> {
  for (const { name, value, old } of changes) {
    await operation.claim({ kind: 'sysctl', name, scope: 'host', value, old });
    await change(commands, ['sysctl', `${name}=${value}`], { signal: operation.signal });
  }
}
