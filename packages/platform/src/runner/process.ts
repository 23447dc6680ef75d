/** One child process with collected output, from start to end. */
import { setMaxListeners } from 'node:events';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { constants } from 'node:os';
import type { CommandResult } from '@kleenet/core';
import { descriptorsExhausted, KleenetError } from '@kleenet/core/errors';
import { commandTimedOut, interrupted, toolMissing } from './failures.ts';
import type { ProgramEnd, ProgramRequest, Sink } from './program.ts';
import { startProgram } from './start-program.ts';

/** More than any command of ours prints; a command that prints more is broken and is killed. */
const OUTPUT_LIMIT = 64 * 1024 * 1024;

/** In milliseconds: how long to wait for a killed command before it is abandoned. */
const KILL_PATIENCE = 5000;

export interface ProcessRequest {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly input: string | undefined;
  /** The file to connect to its standard input, in place of `input`. */
  readonly inputFile: string | undefined;
  /** Whether standard output is discarded. */
  readonly discardOutput?: boolean;
  /** A descriptor that the command holds while it runs. */
  readonly hold?: number | undefined;
  readonly timeout: number;
  readonly signal: AbortSignal | undefined;
  /** Kills the process group that the command leads. */
  readonly kill: (group: number) => void;
}

/** How a command ended. */
export type ProcessResult = CommandResult & ProgramEnd;

/** Runs a command in its own process group, which is killed as a whole when it must end early. */
export async function runProcess(request: ProcessRequest): Promise<ProcessResult> {
  const { argv, signal, input, inputFile, hold } = request;
  if (signal?.aborted === true) throw interrupted(argv, signal.reason);
  if (inputFile === undefined)
    return runFromBeginning(request, input === undefined ? (hold ?? 'ignore') : { text: input });
  const file = await openInput(inputFile);
  try {
    return await runFromBeginning(request, file.fd);
  } finally {
    await file.close();
  }
}

/** How often a command is begun again that a terminal has ended before it began. */
const BEGINNINGS = 5;

/** In milliseconds: how long a command may take to leave klee's process group, on a busy host. */
const LEAVING = 1000;

/**
 * A signal for klee's process group, such as that of Ctrl-C, also ends a command that has not left the group yet. That is
 * before its program runs, so it has done nothing. Clean-up must not fail for it.
 */
async function runFromBeginning(
  request: ProcessRequest,
  stdin: ProgramRequest['stdin'],
): Promise<ProcessResult> {
  for (let beginning = 1; ; beginning += 1) {
    const began = performance.now();
    const result = await supervise(request, stdin);
    const mayHaveBegun = performance.now() - began > LEAVING;
    if (mayHaveBegun || !wasEndedWithGroup(result) || beginning === BEGINNINGS) return result;
    const { argv, signal } = request;
    if (signal?.aborted === true) throw interrupted(argv, signal.reason);
  }
}

function wasEndedWithGroup({ wasKilled, status, stdout, stderr }: ProcessResult): boolean {
  const { SIGINT, SIGQUIT, SIGHUP, SIGTERM } = constants.signals;
  const statuses = [SIGINT, SIGQUIT, SIGHUP, SIGTERM].map((number) => 128 + number);
  return wasKilled && statuses.includes(status) && stdout === '' && stderr === '';
}

async function openInput(path: string): Promise<FileHandle> {
  try {
    return await open(path);
  } catch (cause) {
    const exhausted = descriptorsExhausted(cause);
    if (exhausted !== undefined) throw exhausted;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new KleenetError('PLATFORM_COMMAND_FAILED', `cannot read ${path}: ${reason}`, {
      details: { path },
      cause,
    });
  }
}

function supervise(
  request: ProcessRequest,
  stdin: ProgramRequest['stdin'],
): Promise<ProcessResult> {
  const { argv, environment, signal, hold } = request;
  // Programs that run others as root, such as doas(1), pass on the first three descriptors only.
  const further = hold === undefined || stdin === hold ? [] : [hold];
  return new Promise((resolve, reject) => {
    let early: Error | undefined;
    let lastResort: NodeJS.Timeout | undefined;
    const end = (reason: Error): void => {
      if (early !== undefined) return;
      early = reason;
      if (program.pid !== undefined) request.kill(program.pid);
      lastResort = setTimeout(() => {
        letGo();
        reject(reason);
      }, KILL_PATIENCE);
    };
    const stdout = collect(() => end(tooMuchOutput(argv)));
    const stderr = collect(() => end(tooMuchOutput(argv)));
    const program = startProgram({
      argv,
      environment,
      stdin,
      stdout: request.discardOutput === true ? 'ignore' : stdout.take,
      stderr: stderr.take,
      further,
    });
    const deadline = setTimeout(() => end(commandTimedOut(argv, request.timeout)), request.timeout);
    const abort = (): void => end(interrupted(argv, signal?.reason));
    // One signal ends all commands of an operation, and many may run concurrently.
    if (signal !== undefined) setMaxListeners(0, signal);
    signal?.addEventListener('abort', abort);
    const letGo = (): void => {
      clearTimeout(deadline);
      clearTimeout(lastResort);
      signal?.removeEventListener('abort', abort);
    };
    const awaitEnd = async (): Promise<ProcessResult> => {
      const ended = await program.exited.catch((error: NodeJS.ErrnoException) => {
        throw spawnFailed(argv, error);
      });
      // After a kill, a process that left the group may keep the pipes open: do not wait for them.
      if (early === undefined) await program.closed;
      if (early !== undefined) throw early;
      return { ...ended, stdout: stdout.text(), stderr: stderr.text() };
    };
    awaitEnd().finally(letGo).then(resolve, reject);
  });
}

/** The error for a failure to start. */
export function spawnFailed(argv: readonly string[], error: NodeJS.ErrnoException): KleenetError {
  const program = argv[0] ?? '';
  if (error.code === 'ENOENT') return toolMissing(program);
  const exhausted = descriptorsExhausted(error);
  if (exhausted !== undefined) return exhausted;
  return new KleenetError(
    'PLATFORM_COMMAND_FAILED',
    `cannot start '${program}': ${error.message}`,
    {
      details: { argv },
      cause: error,
    },
  );
}

function collect(overflow: () => void): { readonly take: Sink; text(): string } {
  const chunks: Uint8Array[] = [];
  let size = 0;
  return {
    take(chunk) {
      size += chunk.length;
      if (size > OUTPUT_LIMIT) overflow();
      else chunks.push(chunk);
    },
    text: () => Buffer.concat(chunks).toString('utf8'),
  };
}

function tooMuchOutput(argv: readonly string[]): KleenetError {
  return new KleenetError(
    'PLATFORM_COMMAND_FAILED',
    `command printed more than ${OUTPUT_LIMIT} bytes and was killed`,
    {
      details: { argv },
    },
  );
}
