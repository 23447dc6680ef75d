/** Name resolution in a container: its /etc/hosts, and the usable part of the host's resolv.conf. */
import type { Argv, CommandRunner, Stack } from '@kleenet/core';
import { inBatches, isHostsText, sharedTexts } from '../container/hosts.ts';
import type { HostNames } from '../container/hosts.ts';
import { serversIn, withoutLoopback } from '../container/resolver.ts';
import { scriptArgv } from '../runner/script.ts';
import { putHosts } from './direct.ts';
import { UNREADABLE } from './host-files.ts';
import type { HostFiles } from './host-files.ts';
import { HOSTS } from './scripts/embedded.ts';

/** The address of a container's own name without other addresses: all of 127.0.0.0/8 is the loopback interface's. */
const OWN_ADDRESS = '127.0.1.1';

/** The static part of a hosts file. */
export async function hostNames(files: HostFiles): Promise<HostNames> {
  return { own: OWN_ADDRESS, host: (await files.read('/proc/sys/kernel/hostname')) ?? '' };
}

interface HostsFile {
  readonly path: string;
  readonly text: string;
}

/** In characters of names of files; the kernel takes 2 MiB of arguments (execve(2)). */
const ARGUMENTS_LIMIT = 500_000;

/** A command with its standard input. */
interface HostsCommand {
  readonly argv: Argv;
  readonly input: string;
  readonly paths: readonly string[];
}

/**
 * Commands that write all files: one for each text, which containers on the same networks share. The text goes by
 * standard input, because the kernel takes 128 KiB of a single argument, which are some thousands of containers.
 */
export function writeHostsCommands(files: readonly HostsFile[]): readonly HostsCommand[] {
  return [...sharedTexts(files)].flatMap(([input, same]) =>
    inBatches(same, ARGUMENTS_LIMIT, ({ path }) => path.length).map((batch): HostsCommand => {
      const paths = batch.map(({ path }) => path);
      return { argv: scriptArgv(HOSTS, paths), input, paths };
    }),
  );
}

/** In characters: a container can make its hosts file as long as it likes. */
const HOSTS_LIMIT = 1_000_000;

/** How many of them are open at a time: a network may have more containers than klee may have open files. */
const FILES_AT_ONCE = 8;

/** Those of the files that do not have their text yet. */
export async function staleHosts(
  files: HostFiles,
  wanted: readonly HostsFile[],
): Promise<readonly HostsFile[]> {
  const stale: HostsFile[] = [];
  for (const batch of inBatches(wanted, FILES_AT_ONCE, () => 1)) {
    const answers = await Promise.all(batch.map((file) => isStale(files, file)));
    stale.push(...batch.filter((_, index) => answers[index]));
  }
  return stale;
}

/** One whose container has just been removed is passed over. */
async function isStale(files: HostFiles, { path, text }: HostsFile): Promise<boolean> {
  const there = await files.readPrivate(path, HOSTS_LIMIT);
  return there === UNREADABLE || (there !== undefined && !isHostsText(there, text));
}

/** Writes all of them. */
export async function writeHosts(
  commands: CommandRunner,
  files: readonly HostsFile[],
  signal: AbortSignal,
): Promise<void> {
  for (const { argv, input, paths } of writeHostsCommands(files))
    await commands.change(argv, { input, signal, directly: () => putHosts(paths, input) });
}

const RESOLV_CONF = '/etc/resolv.conf';

/** The upstream servers of systemd-resolved, if it serves programs of the host at loopback addresses. */
const RESOLVED_CONF = '/run/systemd/resolve/resolv.conf';

/** The stub addresses of systemd-resolved. */
const RESOLVED = new Set(['127.0.0.53', '127.0.0.54']);

/** The resolv.conf of a container. */
export interface ResolvConf {
  /** A file of the host. */
  readonly source: string;
  /** The container's version, if the file lists servers that it cannot reach. */
  readonly text?: string;
  /** Whether a container has no name server left, although the host has some. */
  readonly lacksServers: boolean;
}

/** Chooses the resolv.conf of a container; one on the host's stack has the host's own. */
export async function resolvConf(files: HostFiles, stack: Stack): Promise<ResolvConf | undefined> {
  const text = await files.read(RESOLV_CONF);
  if (text === undefined) return undefined;
  if (stack === 'host') return { source: RESOLV_CONF, lacksServers: false };
  const upstream = serversIn(text).some((server) => RESOLVED.has(server))
    ? await files.read(RESOLVED_CONF)
    : undefined;
  return upstream !== undefined && serversIn(withoutLoopback(upstream)).length > 0
    ? reachableOnly(RESOLVED_CONF, upstream)
    : reachableOnly(RESOLV_CONF, text);
}

function reachableOnly(source: string, text: string): ResolvConf {
  const reachable = withoutLoopback(text);
  const lacksServers = serversIn(text).length > 0 && serversIn(reachable).length === 0;
  return reachable === text ? { source, lacksServers } : { source, text: reachable, lacksServers };
}
