/** How names are resolved in a container: its /etc/hosts, and the host's resolv.conf. */
import type { Argv } from '@kleenet/core';
import { OTHERS, inBatches } from '../container/hosts.ts';
import type { HostNames } from '../container/hosts.ts';
import type { HostFiles } from './host-files.ts';

/** Where a container without addresses finds itself: all of 127.0.0.0/8 is the loopback interface's. */
const OWN_ADDRESS = '127.0.1.1';

/** What a hosts file says besides its entries. */
export async function hostNames(files: HostFiles): Promise<HostNames> {
  return { own: OWN_ADDRESS, host: (await files.read('/proc/sys/kernel/hostname')) ?? '' };
}

interface HostsFile {
  readonly path: string;
  readonly text: string;
}

/**
 * Replaces klee's part of a hosts file: FILE TEXT. In place, because containers have these very files mounted, and
 * only if something changes, because a program of the container may be writing, too.
 */
export const PUT_HOSTS: string = `
${OTHERS}
put_hosts() {
  rest=$(others "$1") || return
  [ -z "$rest" ] || set -- "$1" "$2$rest
"
  printf %s "$2" | cmp -s - "$1" || printf %s "$2" >"$1"
}
`;

/** Puts its standard input into all files that it is told. One whose container has just been removed is passed over. */
const WRITE_ALL = `
${PUT_HOSTS}
text=$(cat; echo .)
for file; do
  [ ! -e "$file" ] || put_hosts "$file" "\${text%.}"
done
`;

/** In characters of names of files; the kernel takes 2 MiB of arguments (execve(2)). */
const ARGUMENTS_LIMIT = 500_000;

/** A command with its standard input. */
interface HostsCommand {
  readonly argv: Argv;
  readonly input: string;
}

/**
 * Commands that write all files: one for each text, which containers on the same networks share. The text goes by
 * standard input, because the kernel takes 128 KiB of a single argument, which are some thousands of containers.
 */
export function writeHostsCommands(files: readonly HostsFile[]): readonly HostsCommand[] {
  const byText = new Map<string, string[]>();
  for (const { path, text } of files) {
    const paths = byText.get(text);
    if (paths === undefined) byText.set(text, [path]);
    else paths.push(path);
  }
  return [...byText].flatMap(([input, paths]) =>
    inBatches(paths, ARGUMENTS_LIMIT, (path) => path.length).map((batch): HostsCommand => ({
      argv: ['sh', '-c', WRITE_ALL, 'klee-hosts', ...batch],
      input,
    })),
  );
}

const RESOLV_CONF = '/etc/resolv.conf';

/** The full list of servers of a host where systemd-resolved answers on a loopback address. */
const RESOLVED_CONF = '/run/systemd/resolve/resolv.conf';

/** Which file of the host says where names are resolved, as seen from another network stack. */
export async function resolvConf(files: HostFiles): Promise<string | undefined> {
  const text = await files.read(RESOLV_CONF);
  if (text === undefined || !/^nameserver\s+127\.0\.0\.53\s*$/m.test(text))
    return text === undefined ? undefined : RESOLV_CONF;
  return (await files.read(RESOLVED_CONF)) === undefined ? RESOLV_CONF : RESOLVED_CONF;
}
