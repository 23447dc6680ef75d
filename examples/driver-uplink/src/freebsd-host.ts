/** Commands on a FreeBSD host, and on the network stacks of its jails. */
import type { Argv, CommandResult, CommandRunner } from '@kleenet/core/driver';
import { KleenetError } from '@kleenet/core/errors';
import { isGone, isThere } from '@kleenet/core/freebsd';
import { parseInterfaces } from './freebsd-ifconfig.ts';
import type { Interface } from './freebsd-ifconfig.ts';

/** Whether what a command said is an answer, not a failure. */
export type Tolerance = (said: string) => boolean;

/** What is removed was gone, or its jail was: a dying one takes no commands any more. */
export const gone: Tolerance = (said) => isGone(said) || / is dying/.test(said);

export const there: Tolerance = isThere;

export class FreebsdHost {
  readonly #commands: CommandRunner;

  constructor(commands: CommandRunner) {
    this.#commands = commands;
  }

  async interfaces(signal?: AbortSignal): Promise<readonly Interface[]> {
    return parseInterfaces((await this.read(['ifconfig', '-a'], { signal })) ?? '');
  }

  /** What a command prints; undefined if the thing is not there. */
  async read(
    argv: Argv,
    { jail, signal }: { readonly jail?: string; readonly signal?: AbortSignal | undefined } = {},
  ): Promise<string | undefined> {
    const command = await this.#in(jail, argv, signal);
    const options = { accept: 'any', ...(signal === undefined ? {} : { signal }) } as const;
    const result = await this.#commands.read(command, options);
    return checked(command, result, gone) ? result.stdout : undefined;
  }

  /** Changes something. Returns whether it succeeded, rather than failed in a way that is tolerated. */
  async change(argv: Argv, { jail, signal, tolerate = () => false }: Change): Promise<boolean> {
    const command = await this.#in(jail, argv, signal);
    const result = await this.#commands.change(command, { signal, accept: 'any' });
    return checked(command, result, tolerate);
  }

  /** From 13.3 and 14.0 on, the host's own programs work on jails; before, those of the jail do. */
  async #in(jail: string | undefined, argv: Argv, signal: AbortSignal | undefined): Promise<Argv> {
    if (jail === undefined) return argv;
    const [program, ...words] = argv;
    return (await this.#takesJail(signal))
      ? [program, '-j', jail, ...words]
      : ['jexec', jail, ...argv];
  }

  async #takesJail(signal: AbortSignal | undefined): Promise<boolean> {
    const argv: Argv = ['sysctl', '-n', 'kern.osrelease'];
    const options = { shared: true, ...(signal === undefined ? {} : { signal }) };
    const { stdout } = await this.#commands.read(argv, options);
    const [major = 0, minor = 0] = stdout.split(/[.-]/).map(Number);
    return major >= 14 || (major === 13 && minor >= 3);
  }
}

interface Change {
  readonly jail?: string;
  readonly signal: AbortSignal;
  readonly tolerate?: Tolerance;
}

/** route(8) tells its failures on standard output. */
function checked(
  argv: Argv,
  { status, stdout, stderr }: CommandResult,
  tolerate: Tolerance,
): boolean {
  if (status === 0) return true;
  if (tolerate(`${stdout}${stderr}`)) return false;
  const said = (stderr.trim() || stdout.trim()).split('\n')[0] ?? '';
  throw new KleenetError('PLATFORM_COMMAND_FAILED', `command failed: ${argv.join(' ')}: ${said}`, {
    ...(/jexec: execvp: /.test(stderr)
      ? { hint: 'use an image with /sbin/ifconfig and /sbin/route, or FreeBSD 13.3 or later' }
      : {}),
    details: { argv, status, stdout, stderr },
  });
}
