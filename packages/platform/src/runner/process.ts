/** One child process with collected output, from start to end. */
import { spawn } from 'node:child_process';
import { setMaxListeners } from 'node:events';
import { open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { constants } from 'node:os';
import type { CommandResult } from '@kleenet/core';
import { descriptorsExhausted, KleenetError } from '@kleenet/core/errors';
import { commandTimedOut, interrupted, toolMissing } from './failures.ts';

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
export interface ProcessResult extends CommandResult {
  /** Whether a signal killed it: then its status is none of its own. */
  readonly wasKilled: boolean;
}

/** Runs a command in its own process group, which is killed as a whole when it must end early. */
export async function runProcess(request: ProcessRequest): Promise<ProcessResult> {
  const { argv, signal, input, inputFile, hold } = request;
  if (signal?.aborted === true) throw interrupted(argv, signal.reason);
  if (inputFile === undefined)
    return runFromBeginning(request, input === undefined ? (hold ?? 'ignore') : 'pipe');
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
  stdin: 'ignore' | 'pipe' | number,
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
  stdin: 'ignore' | 'pipe' | number,
): Promise<ProcessResult> {
  const { argv, signal, hold } = request;
  // Programs that run others as root, such as doas(1), pass on the first three descriptors only.
  const further = hold === undefined || stdin === hold ? [] : [hold];
  return new Promise((resolve, reject) => {
    const child = spawn(argv[0] ?? '', argv.slice(1), {
      detached: true,
      env: request.environment,
      stdio: [stdin, request.discardOutput === true ? 'ignore' : 'pipe', 'pipe', ...further],
    });
    let early: Error | undefined;
    let lastResort: NodeJS.Timeout | undefined;
    const end = (reason: Error): void => {
      if (early !== undefined) return;
      early = reason;
      if (child.pid !== undefined) request.kill(child.pid);
      lastResort = setTimeout(() => settle(() => reject(reason)), KILL_PATIENCE);
    };
    const deadline = setTimeout(() => end(commandTimedOut(argv, request.timeout)), request.timeout);
    const abort = (): void => end(interrupted(argv, signal?.reason));
    const settle = (act: () => void): void => {
      clearTimeout(deadline);
      clearTimeout(lastResort);
      signal?.removeEventListener('abort', abort);
      act();
    };
    // One signal ends all commands of an operation, and many may run concurrently.
    if (signal !== undefined) setMaxListeners(0, signal);
    signal?.addEventListener('abort', abort);

    const stdout = collect(child.stdout, () => end(tooMuchOutput(argv)));
    const stderr = collect(child.stderr, () => end(tooMuchOutput(argv)));
    // A command that ends without reading its input is judged by its status, not by the broken pipe.
    child.stdin?.on('error', () => {});
    child.stdin?.end(request.input);
    child.once('error', (error) => settle(() => reject(spawnFailed(argv, error))));
    // After a kill, a process that left the group may keep the pipes open: do not wait for them.
    child.once('exit', () => early !== undefined && settle(() => reject(early)));
    child.once('close', (code, name) =>
      settle(() => {
        if (early !== undefined) reject(early);
        else
          resolve({
            status: exitStatus(code, name),
            wasKilled: name !== null,
            stdout: stdout(),
            stderr: stderr(),
          });
      }),
    );
  });
}

/** The status that a shell would show: 128 + n after signal n. */
export function exitStatus(code: number | null, signal: NodeJS.Signals | null): number {
  if (code !== null) return code;
  return 128 + (signal === null ? 0 : constants.signals[signal]);
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

function collect(stream: NodeJS.ReadableStream | null, overflow: () => void): () => string {
  const chunks: Buffer[] = [];
  let size = 0;
  stream?.on('data', (chunk: Buffer) => {
    size += chunk.length;
    if (size > OUTPUT_LIMIT) overflow();
    else chunks.push(chunk);
  });
  return () => Buffer.concat(chunks).toString('utf8');
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
