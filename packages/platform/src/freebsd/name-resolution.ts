/** Name resolution in containers: the content of their /etc/hosts. */
import type { Argv, CommandRunner } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';
import { inBatches, sharedTexts } from '../container/hosts.ts';
import type { HostNames } from '../container/hosts.ts';
import { scriptArgv } from '../runner/script.ts';
import { HOSTS, HOSTS_INSIDE } from './scripts/embedded.ts';
import { once } from './run.ts';
import { readSysctl } from './sysctl.ts';

/** The address of a container's own name without other addresses: the one loopback address that every stack has. */
const OWN_ADDRESS = '127.0.0.1';

/** The static part of a hosts file. */
export async function hostNames(commands: CommandRunner): Promise<HostNames> {
  return { own: OWN_ADDRESS, host: await hostName(commands) };
}

const hostName = once(async (commands) => (await readSysctl(commands, 'kern.hostname')) ?? '');

/** The hosts file of one container. */
export interface HostsFile {
  /** The file for the next start. */
  readonly path: string;
  readonly text: string;
  /** The jail that gets it immediately, if it exists. */
  readonly jail: string;
}

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
      argv: scriptArgv(HOSTS, [
        HOSTS_INSIDE.text,
        ...batch.flatMap(({ path, jail }) => [path, jail]),
      ]),
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
