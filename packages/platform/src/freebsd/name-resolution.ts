/** How names are resolved in containers: what their /etc/hosts says. */
import type { Argv, CommandRunner } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';
import { OTHERS, inBatches, sharedTexts } from '../container/hosts.ts';
import type { HostNames } from '../container/hosts.ts';
import { scriptArgv } from './script.ts';
import { readSysctl } from './sysctl.ts';

/** Where a container without addresses finds itself: the one loopback address that every stack has. */
const OWN_ADDRESS = '127.0.0.1';

/** What a hosts file says besides its entries. */
export async function hostNames(commands: CommandRunner): Promise<HostNames> {
  return { own: OWN_ADDRESS, host: (await readSysctl(commands, 'kern.hostname')) ?? '' };
}

/** The hosts file of one container. */
export interface HostsFile {
  /** Where it is kept for the next start. */
  readonly path: string;
  readonly text: string;
  /** The jail that is to see it at once, if it is there. */
  readonly jail: string;
}

/** Puts its standard input in place of klee's part of the hosts file, in the jail. What programs of the jail wrote stays. */
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

/** The commands that write them: one for each text, unless it goes into very many files. */
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

/** Writes all of them; then says which container could not be told. */
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
