/** Name resolution in containers: the content of their /etc/hosts. */
import type { Argv, CommandRunner } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';
import { OTHERS, inBatches, sharedTexts } from '../container/hosts.ts';
import type { HostNames } from '../container/hosts.ts';
import { scriptArgv } from './script.ts';
import { readSysctl } from './sysctl.ts';

/** The address of a container's own name without other addresses: the one loopback address that every stack has. */
const OWN_ADDRESS = '127.0.0.1';

/** The static part of a hosts file. */
export async function hostNames(commands: CommandRunner): Promise<HostNames> {
  return { own: OWN_ADDRESS, host: (await readSysctl(commands, 'kern.hostname')) ?? '' };
}

/** The hosts file of one container. */
export interface HostsFile {
  /** The file for the next start. */
  readonly path: string;
  readonly text: string;
  /** The jail that gets it immediately, if it exists. */
  readonly jail: string;
}

/** Replaces klee's part of the hosts file in the jail by standard input. Lines of the jail's programs stay. */
const INSIDE = `
${OTHERS}
text=$(cat; echo .)
text=\${text%.}
rest=$(others /etc/hosts)
[ -z "$rest" ] || text="$text$rest
"
printf %s "$text" >/etc/hosts
`;

/**
 * Writes its standard input into hosts files: where klee keeps them, and in running jails, from inside, where a container that has put a link
 * in the way leads nobody but itself. A container that makes the writer wait is given up after some seconds; the others
 * do not wait for it. A file whose container has just been removed is passed over, and so is a jail that is not there
 * (jls(8) tells it from one that cannot be written into) or that is being ended: what is killed then is the writer, too.
 */
const WRITE = `
inside=$(cat <<'END'
${INSIDE}
END
)
text=$(cat; echo .)
text=\${text%.}
deliver() {
  printf %s "$text" | jexec "$1" /bin/sh -c "$inside" sh >/dev/null 2>&1 &
  writer=$!
  { sleep 5; kill -ALRM "$writer"; sleep 1; kill -KILL "$writer"; } >/dev/null 2>&1 &
  timer=$!
  wait "$writer"
  code=$?
  kill "$timer" 2>/dev/null
  [ "$code" = 0 ] || [ "$code" = 137 ] || ! jls -j "$1" name >/dev/null 2>&1 || echo "klee: cannot write /etc/hosts in jail $1" >&2
}
while [ $# -gt 0 ]; do
  [ ! -e "$1" ] || printf %s "$text" >"$1"
  deliver "$2" &
  shift 2
done
wait
`;

/** In characters of paths and names: FreeBSD takes 512 KiB of arguments and environment (execve(2)). */
const ARGUMENTS_LIMIT = 200_000;

/** A command with its standard input. */
interface HostsCommand {
  readonly argv: Argv;
  readonly input: string;
}

/** The commands that write them: one for each text, split if it goes into too many files. */
function writeHostsCommands(files: readonly HostsFile[]): readonly HostsCommand[] {
  const sizeOf = ({ path, jail }: HostsFile): number => path.length + jail.length;
  return [...sharedTexts(files)].flatMap(([input, same]) =>
    inBatches(same, ARGUMENTS_LIMIT, sizeOf).map((batch): HostsCommand => ({
      argv: scriptArgv(
        'hosts',
        WRITE,
        batch.flatMap(({ path, jail }) => [path, jail]),
      ),
      input,
    })),
  );
}

/** Writes all of them; then reports the containers that could not be updated. */
export async function writeHosts(
  commands: CommandRunner,
  files: readonly HostsFile[],
  signal: AbortSignal,
): Promise<void> {
  const untold: string[] = [];
  for (const { argv, input } of writeHostsCommands(files)) {
    const { stderr } = await commands.change(argv, { input, signal });
    for (const [, line = ''] of stderr.matchAll(/^klee: (.*)$/gm)) untold.push(line);
  }
  if (untold.length === 0) return;
  throw new KleenetError('PLATFORM_COMMAND_FAILED', untold.join('; '), {
    hint: 'the container must have /bin/sh, and let it write its /etc/hosts',
  });
}
