/** A real Linux platform in a data directory of its own, and values to try it with. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import type {
  Cidr,
  Clock,
  CommandRunner,
  Container,
  IpAddress,
  Logger,
  Network,
  Operation,
  Platform,
  Resource,
  Run,
  SandboxSpec,
  Stack,
} from '@kleenet/core';
import { LINUX_GUARD, createLinuxPlatform } from '@kleenet/platform/linux';
import { createCommandRunner } from '@kleenet/platform/runner';

const silent: Logger = {
  debug: (message) => {
    if (process.env['KLEE_TEST_DEBUG'] !== undefined) process.stderr.write(`${message}\n`);
  },
  warn: () => {},
};

const clock: Clock = {
  now: () => new Date(),
  sleep: (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds)),
};

export interface World {
  readonly directory: string;
  readonly commands: CommandRunner;
  readonly platform: Platform;
  readonly operation: Operation;
  readonly claims: Resource[];
}

export function createWorld(
  directory: string = mkdtempSync('/run/kleenet-test-'),
  logLimit?: number,
): World {
  const commands = createCommandRunner({
    commandPrefix: [],
    guard: LINUX_GUARD,
    environment: process.env,
    logger: silent,
  });
  const claims: Resource[] = [];
  return {
    directory,
    commands,
    platform: createLinuxPlatform({
      commands,
      directory,
      clock,
      logger: silent,
      commandPrefix: [],
      logLimit,
    }),
    operation: {
      signal: new AbortController().signal,
      claim: (resource) => {
        claims.push(resource);
        return Promise.resolve();
      },
    },
    claims,
  };
}

/** Random: control groups are shared with tests that run beside these, in namespaces of their own. */
export function nextId(): string {
  return randomBytes(6).toString('hex');
}

export function container(
  platform: Platform,
  stack: Stack,
  changes: Partial<Container> = {},
): SandboxSpec {
  const id = nextId();
  const made: Container = {
    id,
    name: `c-${id}`,
    image: 'host',
    imageId: 'host',
    command: ['sleep', '600'],
    driver: stack,
    stack,
    state: 'ready',
    env: [],
    user: '',
    mounts: [],
    jailParameters: [],
    publishedPorts: [],
    restart: 'no',
    terminal: false,
    interactive: false,
    autoRemove: false,
    created: '2026-01-01T00:00:00.000Z',
    ...changes,
  };
  return { container: made, run: nextRun(platform, made) };
}

export function nextRun(platform: Platform, made: Container): Run {
  const id = nextId();
  return {
    id,
    containerId: made.id,
    state: 'starting',
    bootId: 'boot',
    sandbox: platform.sandboxes.describe(made, id),
    started: '2026-01-01T00:00:00.000Z',
  };
}

export function network(platform: Platform, changes: Partial<Network> = {}): Network {
  const id = nextId();
  const type = changes.type ?? 'loopback';
  return {
    id,
    name: `n-${id}`,
    type,
    interface: platform.networks.interfaceName(id, type),
    state: 'ready',
    pools: {
      ipv4: {
        subnet: '10.88.0.0/24' as Cidr,
        gateway: '10.88.0.1' as IpAddress,
        gatewayOnHost: true,
        exclude: [],
      },
      ipv6: {
        subnet: 'fd88::/64' as Cidr,
        gateway: 'fd88::1' as IpAddress,
        gatewayOnHost: true,
        exclude: [],
      },
    },
    nat: true,
    icc: true,
    internal: false,
    labels: {},
    options: {},
    created: '2026-01-01T00:00:00.000Z',
    ...changes,
  };
}
