/** Errors for failed commands. Pure. */
import type { CommandOptions } from '@kleenet/core';
import { KleenetError, isKleenetError } from '@kleenet/core/errors';
import { quoteCommand } from './quote.ts';

/** The Debian package of a program, where its name differs. */
const PACKAGES: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  nft: 'nftables',
  sysctl: 'procps',
  mount: 'mount',
  umount: 'mount',
  setpriv: 'util-linux',
  setsid: 'util-linux',
};

export interface FinishedCommand {
  readonly argv: readonly string[];
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Doas, sudo and setpriv(1) run the program themselves, and say so when there is none. */
const MISSING = [
  /^(?:doas|sudo): ([^\s:]+): command not found$/m,
  /^setpriv: failed to execute ([^\s:]+): No such file or directory$/m,
];

/** The program that a front-end such as doas did not find. */
export function missingProgram({ status, stderr }: FinishedCommand): string | undefined {
  if (status !== 1 && status !== 127) return undefined;
  return MISSING.map((pattern) => pattern.exec(stderr)?.[1]).find((name) => name !== undefined);
}

export function toolMissing(program: string): KleenetError {
  return new KleenetError('TOOL_MISSING', `the program '${program}' is not installed`, {
    hint: `install the package '${PACKAGES[program] ?? program}'`,
    details: { program },
  });
}

/** The command prefix is mandatory, so its absence is not reported as a missing tool. */
export function prefixMissing(commandPrefix: readonly string[]): KleenetError {
  return new KleenetError(
    'PLATFORM_COMMAND_FAILED',
    `the command prefix cannot be run: there is no program '${commandPrefix[0]}'`,
    {
      hint: "check KLEE_COMMAND_PREFIX, or 'commandPrefix' in the configuration file",
      details: { argv: commandPrefix },
    },
  );
}

export function commandFailed(command: FinishedCommand): KleenetError {
  const said = firstLine(command.stderr) ?? firstLine(command.stdout);
  const line = shortCommand(command.argv);
  const message = `command failed with status ${command.status}: ${line}${said === undefined ? '' : `: ${said}`}`;
  if (!/No space left on device|Disk quota exceeded/.test(command.stderr))
    return new KleenetError('PLATFORM_COMMAND_FAILED', message, { details: { ...command } });
  return new KleenetError('DISK_FULL', `no space is left on the disk: ${message}`, {
    hint: "free some, and try again: 'klee container rm -f' and 'klee image rm' work on a full disk, too",
    details: { ...command },
  });
}

export function commandTimedOut(argv: readonly string[], timeout: number): KleenetError {
  return new KleenetError(
    'PLATFORM_COMMAND_TIMEOUT',
    `command did not end within ${timeout / 1000} s and was killed: ${shortCommand(argv)}`,
    { details: { argv, timeout } },
  );
}

/** In milliseconds, where a command has no deadline of its own. */
export const DEFAULT_TIMEOUT = 30_000;

/** A command that never ends, for tests: rejects as it would when its signal is raised or its deadline expires. */
export function untilGivenUp(
  argv: readonly string[],
  { signal, timeout = DEFAULT_TIMEOUT }: Pick<CommandOptions, 'signal' | 'timeout'>,
): Promise<never> {
  return new Promise((_, reject) => {
    const timer = setTimeout(() => reject(commandTimedOut(argv, timeout)), timeout);
    signal?.addEventListener(
      'abort',
      () => {
        clearTimeout(timer);
        reject(interrupted(argv, signal.reason));
      },
      { once: true },
    );
  });
}

/** The reason of a raised signal, if it is a typed error. */
export function interrupted(argv: readonly string[], reason: unknown): Error {
  if (isKleenetError(reason)) return reason;
  return new KleenetError('INTERRUPTED', `interrupted while running: ${shortCommand(argv)}`, {
    details: { argv },
    cause: reason,
  });
}

/** A script of klee is known by its name: its text says nothing about what has failed. */
function shortCommand(argv: readonly string[]): string {
  const [shell, option, , name = ''] = argv;
  const isScript = shell === 'sh' && option === '-c' && name.startsWith('klee-');
  return shorten(quoteCommand(isScript ? argv.slice(3) : argv));
}

function firstLine(text: string): string | undefined {
  return text.split('\n').find((line) => line.trim() !== '');
}

function shorten(line: string): string {
  const text = line.replaceAll(/\s*\n\s*/g, ' ');
  return text.length > 200 ? `${text.slice(0, 200)}…` : text;
}

/** The standard error of a failed command. */
export function stderrOf(error: KleenetError): string {
  const { stderr } = error.details;
  return typeof stderr === 'string' ? stderr : '';
}
