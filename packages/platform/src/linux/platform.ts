/** Linux as a platform of core. */
import { arch } from 'node:os';
import type { Clock, CommandRunner, Logger, Platform } from '@kleenet/core';
import { LOG_LIMIT } from '../container/log.ts';
import { removeClaimed } from './claimed.ts';
import { createFirewall } from './firewall.ts';
import { ownedFirewall } from './firewall-owner.ts';
import { readFacts, readIdentity, requirePrivilege } from './host.ts';
import { createHostFiles } from './host-files.ts';
import type { HostFiles } from './host-files.ts';
import { createImagePlatform } from './images.ts';
import { readHostNetwork } from './host-network.ts';
import { layoutOf } from './layout.ts';
import { createNetworkPlatform } from './networks.ts';
import { createRuntimeFinder } from './runtime.ts';
import { createSandboxPlatform } from './sandboxes.ts';
import { readListeners } from './ss.ts';

export interface LinuxPlatformOptions {
  readonly commands: CommandRunner;
  /** Where containers and images are kept: an absolute path. */
  readonly directory: string;
  readonly clock: Clock;
  readonly logger: Logger;
  /** What stands in front of host commands; see the command runner. */
  readonly commandPrefix: readonly string[];
  /** In bytes: what the log of one container takes at most; 16 MiB when absent. */
  readonly logLimit?: number | undefined;
  /** Replaceable in tests. */
  readonly files?: HostFiles;
}

/** Before a changing command, these words make it die with klee (prctl(2), PR_SET_PDEATHSIG). */
export const LINUX_GUARD: readonly string[] = ['setpriv', '--pdeathsig', 'KILL', '--'];

export function createLinuxPlatform(options: LinuxPlatformOptions): Platform {
  const { commands, commandPrefix, logger, files = createHostFiles(commandPrefix) } = options;
  const layout = layoutOf(options.directory);
  const runtime = createRuntimeFinder(files);
  const { directory } = options;
  const firewall = ownedFirewall(createFirewall({ commands, files, logger }), {
    commands,
    files,
    directory,
  });
  return {
    name: 'linux',
    identity: () => readIdentity(files, commandPrefix),
    facts: async () => readFacts({ commands, files, runtime, firewall: await firewall.status() }),
    network: (near) => readHostNetwork(commands, near),
    listeners: () => readListeners(commands, logger),
    requirePrivilege: () => requirePrivilege(files, commandPrefix),
    removeResources: (resources, operation) => removeClaimed(commands, resources, operation),
    networks: createNetworkPlatform({ commands, files, logger }),
    sandboxes: createSandboxPlatform({
      commands,
      files,
      clock: options.clock,
      logger,
      layout,
      logLimit: options.logLimit ?? LOG_LIMIT,
      runtime,
      commandPrefix,
      architecture: arch(),
    }),
    images: createImagePlatform({ commands, layout }),
    firewall,
  };
}
