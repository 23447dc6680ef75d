/** How to enter a container with a command: the user, the environment, and the check that the program exists. */
import type { CommandResult, CommandRunner, Container } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';
import { environment, variableName } from '../container/command.ts';
import { commandNotExecutable, commandNotFound, containerGone } from '../container/failures.ts';
import { findUserById, userNotFound, userWithoutLookup } from '../container/user.ts';
import { knownFailure } from './failures.ts';
import { jailName } from './names.ts';
import { enterArgv, findWords } from './supervisor.ts';
import type { Entry } from './supervisor.ts';

/** In milliseconds: the deadline for a container to answer a query about itself. */
const QUESTION_TIMEOUT = 10_000;

export interface EntryRequest {
  readonly container: Container;
  readonly command: readonly string[];
  /** `KEY=VALUE` each. */
  readonly env: readonly string[];
  /** A name, `UID[:GID]`, or empty for root. */
  readonly user: string;
  readonly terminal: boolean;
  readonly signal?: AbortSignal;
}

/** Makes the entry for one command. @throws KleenetError USER_NOT_FOUND */
export async function entryOf(commands: CommandRunner, request: EntryRequest): Promise<Entry> {
  const jail = jailName(request.container.id);
  const user = await jailUser(commands, jail, request);
  const env = environment({ ...request, home: user.home });
  return { words: [...user.flags, jail, ...user.inside(request.env), ...request.command], env };
}

/** Wraps a command so that it runs as a user. */
interface JailUser {
  readonly home: string;
  /** For jexec(8). */
  readonly flags: readonly string[];
  /** Between the jail and the command. */
  inside(env: readonly string[]): readonly string[];
}

const ROOT: JailUser = { home: '/root', flags: [], inside: () => [] };

async function jailUser(
  commands: CommandRunner,
  jail: string,
  { user, signal }: EntryRequest,
): Promise<JailUser> {
  const numbers = userWithoutLookup(user);
  if (numbers === undefined) return namedUser(user);
  if (numbers.uid === 0 && numbers.gid === 0) return ROOT;
  const passwd = await readInJail(commands, jail, '/etc/passwd', signal);
  const name = findUserById(user, passwd);
  return name === undefined ? numberedUser(numbers) : namedUser(name);
}

/** Variables that login.conf(5) and jexec(8) set for a user, which klee's user may override. */
const LOGIN_VARIABLES = new Set([
  'BLOCKSIZE',
  'CHARSET',
  'FTP_PASSIVE_MODE',
  'HOME',
  'LANG',
  'LC_ALL',
  'MAIL',
  'MANPATH',
  'MM_CHARSET',
  'PATH',
  'SHELL',
  'TERM',
  'USER',
]);

/** Found in the jail's own passwd(5), by jexec itself. */
function namedUser(name: string): JailUser {
  return {
    home: '/',
    flags: ['-U', name],
    inside(env) {
      const overridden = env.filter((entry) => LOGIN_VARIABLES.has(variableName(entry)));
      return overridden.length === 0 ? [] : ['env', ...overridden];
    },
  };
}

/** A user without a name in the jail. Without `-G` it would keep the groups of the host's root. */
function numberedUser({ uid, gid }: { readonly uid: number; readonly gid: number }): JailUser {
  const words = ['chroot', '-u', String(uid), '-g', String(gid), '-G', String(gid), '/'];
  return { home: '/', flags: [], inside: () => words };
}

/** The text of a file as the jail sees it; empty when it cannot be read. */
async function readInJail(
  commands: CommandRunner,
  jail: string,
  path: string,
  signal: AbortSignal | undefined,
): Promise<string> {
  const { status, stdout } = await commands.read(['jexec', jail, 'cat', path], {
    accept: 'any',
    timeout: QUESTION_TIMEOUT,
    ...(signal === undefined ? {} : { signal }),
  });
  return status === 0 ? stdout : '';
}

/** `unknown` if the container has no tool to check, or does not exist yet, as in a dry run. */
export type Found = 'found' | 'unknown';

/**
 * Looks for the program of a command, as its user and with its PATH. The container's answer decides only an error text.
 * @throws KleenetError COMMAND_NOT_FOUND, COMMAND_NOT_EXECUTABLE, USER_NOT_FOUND
 */
export async function findCommand(
  commands: CommandRunner,
  { words, env }: Entry,
  { command, user, signal }: EntryRequest,
): Promise<Found> {
  const [program = ''] = command;
  const before = words.slice(0, words.length - command.length);
  const question = enterArgv({ words: [...before, ...findWords(program)], env });
  const result = await commands.read(question, {
    accept: 'any',
    timeout: QUESTION_TIMEOUT,
    ...(signal === undefined ? {} : { signal }),
  });
  if (result.status === 0) return 'found';
  const failure = entryFailure(result, {
    program,
    user,
    uses: before.at(-1) === '/' ? 'chroot' : '',
  });
  if (failure !== undefined) throw failure;
  if (result.status === 126) throw commandNotExecutable(program, { command });
  if (result.status === 127) throw commandNotFound(program, { command });
  return 'unknown';
}

interface Attempt {
  readonly program: string;
  readonly user: string;
  /** An additional program of the container that is required. */
  readonly uses: string;
}

/** The error for jexec's message, if it is about the user. */
function entryFailure(result: CommandResult, attempt: Attempt): KleenetError | undefined {
  const reason = knownFailure(['jexec'], result)?.reason;
  if (reason === 'user-missing') return userNotFound(attempt.user);
  if (attempt.uses === '' || !result.stderr.includes(`jexec: execvp: ${attempt.uses}: `))
    return undefined;
  return new KleenetError(
    'USER_NOT_FOUND',
    `the container has no user '${attempt.user}', and no ${attempt.uses} to switch to it by number`,
    { hint: "give a name from the container's /etc/passwd", details: { user: attempt.user } },
  );
}

/** The error for jexec's message in the output of a command: the command never ran. */
export function execFailure(output: string, command: readonly string[]): KleenetError | undefined {
  const [program = ''] = command;
  const reason = knownFailure(['jexec'], { status: 1, stdout: '', stderr: output })?.reason;
  if (reason === 'command-missing') return commandNotFound(program, { command });
  if (reason === 'command-not-executable') return commandNotExecutable(program, { command });
  if (reason === 'jail-gone' || reason === 'jail-dying') return containerGone({ command });
  return undefined;
}
