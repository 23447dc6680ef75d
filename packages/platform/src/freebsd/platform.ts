/** FreeBSD as a platform of core. */
import type { Clock, CommandRunner, Logger, Platform } from '@kleenet/core';
import { LOG_LIMIT } from '../container/log.ts';
import { removeClaimed } from './claimed.ts';
import { createFirewall } from './firewall.ts';
import { ownedFirewall } from './firewall-owner.ts';
import { createHost, readFacts, readHostNetwork } from './host.ts';
import { createImagePlatform } from './images.ts';
import { layoutOf } from './layout.ts';
import { createNetworkPlatform } from './networks.ts';
import { createSandboxPlatform } from './sandboxes.ts';
import { readListeners } from './sockstat.ts';

export interface FreebsdPlatformOptions {
  readonly commands: CommandRunner;
  /** Where containers and images are kept: an absolute path. */
  readonly directory: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What stands in front of host commands; see the command runner. */
  readonly commandPrefix: readonly string[];
  /** In bytes: the size limit of one container's log; 16 MiB when absent. */
  readonly logLimit?: number | undefined;
  /** The name of the user who runs klee: behind a prefix, the reaping of a run drops to that user. */
  readonly caller?: string;
}

export function createFreebsdPlatform(options: FreebsdPlatformOptions): Platform {
  const { commands, commandPrefix, logger, caller } = options;
  const layout = layoutOf(options.directory);
  const host = createHost({ commands, logger, commandPrefix });
  const { directory } = options;
  const firewall = ownedFirewall(createFirewall(commands, logger), { commands, directory });
  return {
    name: 'freebsd',
    identity: () => host.identity(),
    facts: async () => readFacts(commands, await firewall.status()),
    network: (nearby) => readHostNetwork(commands, { withRoutes: nearby !== undefined }),
    listeners: () => readListeners(commands),
    requirePrivilege: () => host.requirePrivilege(),
    removeResources: (resources, operation) => removeClaimed(commands, resources, operation),
    networks: createNetworkPlatform({ commands, logger }),
    sandboxes: createSandboxPlatform({
      commands,
      logger,
      layout,
      logLimit: options.logLimit ?? LOG_LIMIT,
      commandPrefix,
      ...(caller === undefined ? {} : { caller }),
    }),
    images: createImagePlatform({ commands, layout }),
    firewall,
  };
}
