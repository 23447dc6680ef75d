import type { CommandRunner, Platform, PlatformName } from '@kleenet/core';

/** A platform, and its command runner. */
export interface OpenedPlatform {
  readonly platform: Platform;
  readonly commands: CommandRunner;
  readonly forgetReadings?: () => void;
  /** Waiting for commands of others, and releasing the lock of this process's; absent where they die with klee. */
  readonly awaitOrphans?: (patience: number) => Promise<void>;
  readonly close?: () => void;
}

/**
 * A platform that is opened, and its code loaded, when it is first asked. For use cases that show the state: these ask it
 * for its identity or for a privilege before anything else, and mostly they do not ask at all.
 */
export function onDemand(name: PlatformName, open: () => Promise<OpenedPlatform>): OpenedPlatform {
  let opening: Promise<OpenedPlatform> | undefined;
  let opened: OpenedPlatform | undefined;
  const load = async (): Promise<OpenedPlatform> => (opened = await (opening ??= open()));
  const asked = async (): Promise<Platform> => (await load()).platform;
  const now = (): OpenedPlatform => {
    if (opened === undefined) throw new TypeError('the platform has not been asked anything yet');
    return opened;
  };
  return {
    platform: {
      name,
      identity: async () => (await asked()).identity(),
      facts: async () => (await asked()).facts(),
      network: async () => (await asked()).network(),
      listeners: async () => (await asked()).listeners(),
      requirePrivilege: async () => (await asked()).requirePrivilege(),
      removeResources: async (resources, operation) =>
        (await asked()).removeResources(resources, operation),
      get networks() {
        return now().platform.networks;
      },
      get sandboxes() {
        return now().platform.sandboxes;
      },
      get images() {
        return now().platform.images;
      },
      get firewall() {
        return now().platform.firewall;
      },
    },
    commands: {
      read: async (argv, options) => (await load()).commands.read(argv, options),
      change: async (argv, options) => (await load()).commands.change(argv, options),
      foreground: (argv, options) => now().commands.foreground(argv, options),
    },
    forgetReadings: () => opened?.forgetReadings?.(),
    awaitOrphans: async (patience) => (await load()).awaitOrphans?.(patience),
    close: () => opened?.close?.(),
  };
}
