/** The identity of the host, and its facts. */
import type { CommandRunner, HostIdentity, PlaneStatus, PlatformFacts } from '@kleenet/core';
import { KleenetError, hasCode } from '@kleenet/core/errors';
import { conntrackRefusal } from './conntrack.ts';
import type { HostFiles } from './host-files.ts';
import type { Runtime } from './runtime.ts';
import { listenersRefusal } from './ss.ts';

/** Programs that every container or network needs, with the packages that have them. */
const TOOLS: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  flock: 'util-linux',
  mount: 'mount',
  nsenter: 'util-linux',
  umount: 'mount',
  setsid: 'util-linux',
  sysctl: 'procps',
  tar: 'tar',
};

export async function readIdentity(
  files: HostFiles,
  commandPrefix: readonly string[],
): Promise<HostIdentity> {
  const [machine, hostname, boot] = await Promise.all([
    files.read('/etc/machine-id'),
    files.read('/proc/sys/kernel/hostname'),
    files.read('/proc/sys/kernel/random/boot_id'),
  ]);
  return {
    platform: 'linux',
    hostId: machine?.trim() || hostname?.trim() || 'unknown',
    bootId: boot?.trim() ?? 'unknown',
    commandPrefix,
  };
}

export interface FactsRequest {
  readonly commands: CommandRunner;
  readonly files: HostFiles;
  readonly runtime: () => Promise<Runtime>;
  readonly firewall: PlaneStatus;
}

export async function readFacts({
  commands,
  files,
  runtime,
  firewall,
}: FactsRequest): Promise<PlatformFacts> {
  const [release, chosen, missing, ...lacking] = await Promise.all([
    files.read('/proc/sys/kernel/osrelease'),
    runtimeFacts(commands, runtime),
    missingTools(files),
    conntrackRefusal(files),
    listenersRefusal(files),
  ]);
  const fatal = [...missing, ...(chosen.version === '' ? [chosen.reason] : [])];
  const reasons = [...fatal, ...lacking.filter((reason) => reason !== undefined)];
  return {
    platform: 'linux',
    release: release?.trim() ?? 'unknown',
    runtime: chosen,
    status: { state: stateFor(fatal, reasons), reasons },
    firewall,
  };
}

function stateFor(fatal: readonly string[], all: readonly string[]): PlaneStatus['state'] {
  if (fatal.length > 0) return 'unavailable';
  return all.length > 0 ? 'degraded' : 'ready';
}

async function runtimeFacts(
  commands: CommandRunner,
  runtime: () => Promise<Runtime>,
): Promise<PlatformFacts['runtime']> {
  try {
    const { name, path, reason } = await runtime();
    const { stdout } = await commands.read([path, '--version']);
    return { name, version: /version (\S+)/.exec(stdout)?.[1] ?? 'unknown', reason };
  } catch (error) {
    if (!hasCode(error, 'TOOL_MISSING')) throw error;
    return { name: 'none', version: '', reason: error.message };
  }
}

async function missingTools(files: HostFiles): Promise<readonly string[]> {
  const tools = Object.keys(TOOLS);
  const found = await Promise.all(tools.map((tool) => files.find(tool)));
  return tools
    .filter((_, index) => found[index] === undefined)
    .map((tool) => `the program '${tool}' is not installed (package '${TOOLS[tool]}')`);
}

/** Refuses users that cannot change the host. Whether the prefix grants privilege shows only on first use. */
export async function requirePrivilege(
  files: HostFiles,
  commandPrefix: readonly string[],
): Promise<void> {
  if (commandPrefix.length > 0) return;
  const status = (await files.read('/proc/self/status')) ?? '';
  if (callerOf(status).uid === '0') return;
  throw new KleenetError(
    'PERMISSION_DENIED',
    'only root may change networks and containers of this host',
    {
      hint: `run klee as root, or set KLEE_COMMAND_PREFIX='["doas"]'`,
    },
  );
}

/** The effective user and group of a process, from its status (proc_pid_status(5)). */
export function callerOf(procStatus: string): { readonly uid: string; readonly gid: string } {
  const effective = (field: string): string =>
    new RegExp(`^${field}:\\s+\\d+\\s+(\\d+)`, 'm').exec(procStatus)?.[1] ?? '';
  return { uid: effective('Uid'), gid: effective('Gid') };
}
