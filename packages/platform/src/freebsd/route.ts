/** Typed wrapper around route(8): the default routes of a stack. */
import type { Argv, CommandRunner, Family, IpAddress } from '@kleenet/core';
import { read } from './run.ts';

/** The way out of the host. */
export interface DefaultRoute {
  readonly interface: string;
  /** Absent if it leads to a link, not to a gateway. */
  readonly gateway?: string;
}

export function addDefaultRouteArgv(gateway: IpAddress): Argv {
  return gateway.includes(':')
    ? ['route', '-n', 'add', '-inet6', 'default', gateway]
    : ['route', '-n', 'add', 'default', gateway];
}

export function deleteDefaultRouteArgv(family: Family): Argv {
  return family === 'ipv6'
    ? ['route', '-n', 'delete', '-inet6', 'default']
    : ['route', '-n', 'delete', 'default'];
}

/** The host's default route of a family, or undefined when it has none. */
export async function readDefaultRoute(
  commands: CommandRunner,
  family: Family,
  options: { readonly signal?: AbortSignal } = {},
): Promise<DefaultRoute | undefined> {
  const argv: Argv =
    family === 'ipv6'
      ? ['route', '-n', 'get', '-inet6', 'default']
      : ['route', '-n', 'get', 'default'];
  const { reason, stdout } = await read(commands, argv, { ...options, tolerate: ['route-gone'] });
  return reason === undefined ? parseDefaultRoute(stdout) : undefined;
}

/** What `route get` prints. */
export function parseDefaultRoute(text: string): DefaultRoute | undefined {
  const field = (name: string): string | undefined =>
    new RegExp(`^ *${name}: (\\S+)$`, 'm').exec(text)?.[1];
  const [name, gateway] = [field('interface'), field('gateway')];
  if (name === undefined) return undefined;
  return { interface: name, ...(gateway === undefined ? {} : { gateway }) };
}
