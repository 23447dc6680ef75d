/** Typed wrapper around mount(8). */
import type { Argv, CommandRunner } from '@kleenet/core';
import { read } from './run.ts';

/** A mount, as `mount` lists it. */
export interface Mounted {
  readonly source: string;
  readonly target: string;
  /** `nullfs`, `devfs`, `tmpfs`, `ufs`, … */
  readonly type: string;
}

export interface MountRequest {
  readonly type: 'nullfs' | 'tmpfs' | 'devfs';
  readonly source: string;
  readonly target: string;
  readonly options?: readonly string[];
}

/** The command that mounts. */
export function mountArgv({ type, source, target, options = [] }: MountRequest): Argv {
  const given = options.length === 0 ? [] : ['-o', options.join(',')];
  return ['mount', '-t', type, ...given, source, target];
}

/** All mounts of the host, in the order in which they were made. */
export async function readMounts(
  commands: CommandRunner,
  options: { readonly signal?: AbortSignal } = {},
): Promise<readonly Mounted[]> {
  const { stdout } = await read(commands, ['mount'], options);
  return parseMounts(stdout);
}

const LINE = /^(?<source>.+?) on (?<target>\/.*) \((?<type>[^,()]+)[^()]*\)$/;

/** The output of `mount`. A source that contains ` on /` is cut there: mount(8) does not quote. */
export function parseMounts(text: string): readonly Mounted[] {
  return text.split('\n').flatMap((line) => {
    const { source, target, type } = LINE.exec(line)?.groups ?? {};
    return source === undefined || target === undefined || type === undefined
      ? []
      : [{ source, target, type }];
  });
}
