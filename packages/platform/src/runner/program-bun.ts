/** Programs by Bun itself: its node:child_process takes 20 ms for the first one, and a millisecond more for each. */
import { programEnd } from './program.ts';
import type { Output, Program, ProgramRequest } from './program.ts';

/** What is used of it. Source: https://bun.com/docs/runtime/child-process. */
interface Bun {
  spawn(options: {
    readonly cmd: readonly string[];
    readonly env: Readonly<Record<string, string | undefined>>;
    readonly stdio: readonly (Uint8Array | number | 'ignore' | 'inherit' | 'pipe')[];
    readonly detached: boolean;
  }): {
    readonly pid: number;
    readonly stdout?: ReadableStream<Uint8Array> | null;
    readonly stderr?: ReadableStream<Uint8Array> | null;
    readonly exited: Promise<number>;
    readonly exitCode: number | null;
    readonly signalCode: NodeJS.Signals | null;
  };
}

export function startWithBun(request: ProgramRequest): Program {
  const { argv, environment, stdin, stdout, stderr, further } = request;
  const input = typeof stdin === 'object' ? Buffer.from(stdin.text) : stdin;
  try {
    const child = (globalThis as unknown as { readonly Bun: Bun }).Bun.spawn({
      cmd: argv,
      env: environment,
      stdio: [input, pipeOf(stdout), pipeOf(stderr), ...further],
      detached: true,
    });
    const outputs = [drain(child.stdout, stdout), drain(child.stderr, stderr)];
    return {
      pid: child.pid,
      exited: child.exited.then(() => programEnd(child.exitCode, child.signalCode)),
      closed: Promise.all(outputs).then(() => {}),
    };
  } catch (error) {
    return { pid: undefined, exited: Promise.reject(error), closed: Promise.resolve() };
  }
}

function pipeOf(output: Output): 'ignore' | 'inherit' | 'pipe' {
  return typeof output === 'function' ? 'pipe' : output;
}

async function drain(
  stream: ReadableStream<Uint8Array> | null | undefined,
  output: Output,
): Promise<void> {
  if (!(stream instanceof ReadableStream) || typeof output !== 'function') return;
  for await (const chunk of stream) output(chunk);
}
