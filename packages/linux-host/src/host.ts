/** A Linux host for the tests of drivers: the namespaces that this process is in, made anew for each. */
import { release } from 'node:os';
import { SILENT_LOGGER } from '@kleenet/core/testing';
import type { Clock } from '@kleenet/core/driver';
import type { SimulatedState, TestHost, TestPlatform } from '@kleenet/core/testing';
import { createLinuxPlatform } from '@kleenet/platform/linux';
import { countedCommands, plainCommands } from './commands.ts';
import { Ground } from './ground.ts';
import { isInNamespaces, isUserNamespace, requireNamespaces } from './namespaces.ts';
import { Sandboxes } from './sandboxes.ts';

/** klee's directory on the host. Nothing is kept in it: the sandboxes have no file systems. */
const DIRECTORY = '/run/kleenet/test';

/** The ground of this process, and the number of its present host. */
let ground: Ground | undefined;
let present = 0;

/**
 * Makes a new host: removes everything from the namespaces of this process. All hosts of a process are in the same
 * namespaces, so making one ends the one before.
 *
 * @throws KleenetError PLATFORM_UNSUPPORTED where the process is not in namespaces of its own; see `inNamespaces`
 */
export function linuxTestHost(): TestHost {
  requireNamespaces();
  const commands = plainCommands();
  ground ??= new Ground(commands);
  const place = ground;
  const number = (present += 1);
  const sandboxes = new Sandboxes(commands, place);
  let cleared: Promise<void> | undefined;
  const ready = async (): Promise<void> => {
    if (number !== present) throw new TypeError('a later host has taken the place of this one');
    cleared ??= place.clear();
    await cleared;
  };
  return {
    platform: 'linux',
    title: `Linux ${release()}, in namespaces, ${isUserNamespace() ? 'without root' : 'as root'}`,
    real: true,
    process(faults = []) {
      const counted = countedCommands(commands, ready, faults, place.pending);
      return {
        platform: platformOn(counted.commands, sandboxes),
        commands: counted.commands,
        clock: CLOCK,
        get steps() {
          return counted.steps;
        },
      };
    },
    async inspect() {
      await ready();
      return place.inspect();
    },
    async tamper(change: (state: SimulatedState) => void) {
      await ready();
      await place.tamper(change);
    },
  };
}

/** For the option `hosts` of the conformance kit: nothing where the process is not in namespaces of its own. */
export function linuxHosts(): { readonly linux?: () => TestHost } {
  return isInNamespaces() ? { linux: linuxTestHost } : {};
}

function platformOn(
  commands: Parameters<typeof createLinuxPlatform>[0]['commands'],
  sandboxes: Sandboxes,
): TestPlatform {
  const { networks, firewall } = createLinuxPlatform({
    commands,
    directory: DIRECTORY,
    clock: CLOCK,
    logger: SILENT_LOGGER,
    commandPrefix: [],
  });
  return { networks, firewall, sandboxes };
}

const CLOCK: Clock = {
  now: () => new Date(),
  sleep: (milliseconds, signal) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, milliseconds);
      signal?.addEventListener(
        'abort',
        () => {
          clearTimeout(timer);
          reject(signal.reason);
        },
        { once: true },
      );
    }),
};
