/** Arguments and options that several commands share. */

export const NETWORK = { count: 'one', name: 'NETWORK', completes: 'network' } as const;
export const NETWORKS = { count: 'many', name: 'NETWORK', completes: 'network' } as const;
export const CONTAINER = { count: 'one', name: 'CONTAINER', completes: 'container' } as const;
export const CONTAINERS = { count: 'many', name: 'CONTAINER', completes: 'container' } as const;
export const IMAGE = { count: 'one', name: 'IMAGE', completes: 'image' } as const;
export const IMAGES = { count: 'many', name: 'IMAGE', completes: 'image' } as const;
export const PLUGINS = { count: 'many', name: 'PLUGIN', completes: 'plugin' } as const;

/** Prune asks on a terminal, unless confirmation is disabled. */
export const FORCE_PRUNE = { type: 'flag', alias: 'f', describe: 'do not ask' } as const;

/** The grace period of a command before it is killed. */
export const GRACE = {
  type: 'number',
  name: 'time',
  alias: 't',
  minimum: 0,
  maximum: 86_400,
  describe: 'seconds to wait before the command is killed (default 10)',
} as const;

const DEFAULT_GRACE_SECONDS = 10;

/** In milliseconds. */
export function graceOf(seconds: number | undefined): number {
  return (seconds ?? DEFAULT_GRACE_SECONDS) * 1000;
}
