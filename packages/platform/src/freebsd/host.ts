/** The identity of the host and its boot, and its facts. */
import type {
  CommandRunner,
  HostIdentity,
  HostNetwork,
  Logger,
  MacAddress,
  PlaneStatus,
  PlatformFacts,
} from '@kleenet/core';
import { KleenetError, hasCode, isKleenetError } from '@kleenet/core/errors';
import { scriptArgv } from '../runner/script.ts';
import { readInterfaces } from './ifconfig.ts';
import { hostRoutes, readRoutes } from './netstat.ts';
import { change, read } from './run.ts';
import { MISSING_TOOLS } from './scripts/embedded.ts';
import { readSysctl } from './sysctl.ts';

export interface HostDependencies {
  readonly commands: CommandRunner;
  readonly logger: Logger;
  readonly commandPrefix: readonly string[];
}

export interface Host {
  /** The identity of the host and its boot; read once. */
  identity(): Promise<HostIdentity>;
  /** Refuses users that cannot change the host. */
  requirePrivilege(): Promise<void>;
}

/**
 * The identity of a boot. The kernel's boot time changes when the clock is set, and when a virtual machine resumes; so
 * the first changing command stores it in the kernel's environment, which is lost at reboot.
 */
const BOOT_VARIABLE = 'kleenet.boot';

interface Boot {
  readonly hostId: string;
  readonly bootId: string;
  /** Whether `kenv` knows it; undefined if that cannot be determined. */
  readonly kept: boolean | undefined;
  /** The number of the user that klee runs as, if the host tells. */
  readonly user: string | undefined;
}

export function createHost({ commands, logger, commandPrefix }: HostDependencies): Host {
  let boot: Promise<Boot> | undefined;
  let checked = false;

  function readOnce(): Promise<Boot> {
    boot ??= readBoot(commands, commandPrefix.length === 0).catch((error: unknown) => {
      boot = undefined;
      throw error;
    });
    return boot;
  }

  async function requirePrivilege(): Promise<void> {
    if (checked) return;
    const { bootId, kept, user } = await readOnce();
    if (commandPrefix.length === 0) requireRoot(user);
    if (kept === false) await keepBoot(bootId);
    checked = true;
  }

  /** Two concurrent writers write the same value. If it is not permitted, the boot time itself is used. */
  async function keepBoot(bootId: string): Promise<void> {
    try {
      await change(commands, ['kenv', `${BOOT_VARIABLE}=${bootId}`]);
    } catch (error) {
      if (!isKleenetError(error)) throw error;
      logger.debug(`the kernel does not keep the id of this boot: ${error.message}`);
    }
  }

  return {
    async identity() {
      const { hostId, bootId } = await readOnce();
      return { platform: 'freebsd', hostId, bootId, commandPrefix };
    },
    requirePrivilege,
  };
}

/** @param isLocal - whether klee runs on the host itself, so that the user matters */
async function readBoot(commands: CommandRunner, isLocal: boolean): Promise<Boot> {
  const [{ stdout }, kept, user] = await Promise.all([
    read(commands, ['sysctl', 'kern.hostuuid', 'kern.boottime']),
    readKept(commands),
    isLocal ? readUser(commands) : undefined,
  ]);
  const time = bootTime(stdout);
  return {
    hostId: /^kern\.hostuuid: (\S+)/m.exec(stdout)?.[1] ?? 'unknown',
    bootId: kept || (time ?? 'unknown'),
    kept: kept === undefined || time === undefined ? undefined : kept !== '',
    user,
  };
}

function bootTime(text: string): string | undefined {
  const [, sec, usec] = /^kern\.boottime: \{ sec = (\d+), usec = (\d+) \}/m.exec(text) ?? [];
  return sec === undefined || usec === undefined ? undefined : `${sec}.${usec}`;
}

/** The result of `kenv -q` for a name that is not set: status 255 as recorded, and no output. */
const NOT_SET: readonly number[] = [1, 255];

/**
 * A value of the kernel's environment; empty if unset, undefined if kenv(1) cannot tell. `-q` is silent: a message
 * comes from a prefix that failed earlier, and a value that it did not see must not be overwritten.
 */
async function readKept(commands: CommandRunner): Promise<string | undefined> {
  try {
    const { status, stdout, stderr } = await commands.read(['kenv', '-q', BOOT_VARIABLE], {
      accept: 'any',
      together: true,
    });
    if (NOT_SET.includes(status)) return stderr === '' ? '' : undefined;
    if (status !== 0) return undefined;
    return /^\d+\.\d+$/.test(stdout.trim()) ? stdout.trim() : '';
  } catch (error) {
    if (!hasCode(error, 'TOOL_MISSING')) throw error;
    return undefined;
  }
}

/** Whether the prefix grants privilege shows only on first use; likewise where id(1) is missing. */
function requireRoot(user: string | undefined): void {
  if (user === undefined || user === '0') return;
  throw new KleenetError(
    'PERMISSION_DENIED',
    'only root may change networks and containers of this host',
    { hint: `run klee as root, or set KLEE_COMMAND_PREFIX='["doas"]'` },
  );
}

async function readUser(commands: CommandRunner): Promise<string | undefined> {
  try {
    return (await read(commands, ['id', '-u'])).stdout.trim();
  } catch (error) {
    if (!hasCode(error, 'TOOL_MISSING')) throw error;
    return undefined;
  }
}

/**
 * Interfaces, addresses and routes of the host. The routes are those of the time when they are first asked for; or of now, with
 * the interfaces, for a caller that will ask.
 */
export async function readHostNetwork(
  commands: CommandRunner,
  { withRoutes = false }: { readonly withRoutes?: boolean } = {},
): Promise<HostNetwork> {
  let routes: ReturnType<typeof readRoutes> | undefined;
  const askRoutes = (): ReturnType<typeof readRoutes> => (routes ??= readRoutes(commands));
  if (withRoutes) askRoutes().catch(() => undefined);
  const interfaces = await readInterfaces(commands, { shared: true });
  const addresses = interfaces.flatMap(({ name, addresses: held }) =>
    held.map(({ address, prefix }) => ({ interface: name, address, prefix })),
  );
  const names = interfaces.map(({ name }) => name);
  return {
    interfaces: names,
    // Interfaces in a jail return when the jail is removed, even if the host has another interface of that name.
    reservedNames: names,
    addresses,
    macs: interfaces.flatMap(({ name, ether }) =>
      ether === '' ? [] : [{ interface: name, mac: ether as MacAddress }],
    ),
    routes: async () => hostRoutes(await askRoutes(), addresses),
  };
}

/** Programs that every container or network needs; all of them belong to the base system. */
const TOOLS = ['ifconfig', 'jail', 'jexec', 'jls', 'mount', 'netstat', 'pkill', 'ps', 'route'];

export async function readFacts(
  commands: CommandRunner,
  firewall: PlaneStatus,
): Promise<PlatformFacts> {
  const [release = 'unknown', { stdout }] = await Promise.all([
    readSysctl(commands, 'kern.osrelease'),
    read(commands, scriptArgv(MISSING_TOOLS, TOOLS)),
  ]);
  const reasons = [
    ...(isSupported(release) ? [] : [`FreeBSD ${release} is too old: klee needs 13.2 or later`]),
    ...stdout
      .split('\n')
      .filter((tool) => tool !== '')
      .map((tool) => `the program '${tool}' of the base system is missing`),
  ];
  return {
    platform: 'freebsd',
    release,
    runtime: { name: 'jail', version: release, reason: 'jail(8) is part of the base system' },
    status: { state: reasons.length === 0 ? 'ready' : 'unavailable', reasons },
    firewall,
  };
}

function isSupported(release: string): boolean {
  const [, major = '0', minor = '0'] = /^(\d+)\.(\d+)/.exec(release) ?? [];
  return Number(major) > 13 || (Number(major) === 13 && Number(minor) >= 2);
}
