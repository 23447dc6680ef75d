/** How the network stack of a jail is configured from the host. */
import type { Argv } from '@kleenet/core';
import { once } from './run.ts';
import type { Fact } from './run.ts';
import { readSysctl } from './sysctl.ts';

/** The way to run ifconfig(8) and route(8) on the stack of a jail. */
export interface JailTools {
  /** Whether the host's own programs are used, so that the jail needs none. */
  readonly fromHost: boolean;
  /** The command that has the effect of `argv`, an `ifconfig` or `route` command, inside the jail. */
  inside(jail: string, argv: Argv): Argv;
}

/**
 * Uses the host's programs if they support `-j` (13.3, 14.0 and later), otherwise the jail's own. Output of the latter
 * is untrusted, and decides nothing.
 */
export const jailTools: Fact<JailTools> = once(async (commands) => {
  const release = await readSysctl(commands, 'kern.osrelease');
  return takesJail(release ?? '') ? HOST_TOOLS : JAIL_TOOLS;
});

const HOST_TOOLS: JailTools = {
  fromHost: true,
  inside: (jail, [program, ...words]) => [program, '-j', jail, ...words],
};

const JAIL_TOOLS: JailTools = {
  fromHost: false,
  inside: (jail, argv) => ['jexec', jail, ...argv],
};

/** Whether ifconfig(8) and route(8) of a release, such as `13.2-RELEASE`, support `-j`. */
export function takesJail(release: string): boolean {
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(release) ?? [];
  return Number(major) >= 14 || (Number(major) === 13 && Number(minor) >= 3);
}
