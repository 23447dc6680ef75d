/** The two streams that klee writes to. */
import { writeSync } from 'node:fs';

export interface Output {
  /** A result; a line break is added. */
  print(line: string): void;
  /** Everything else; a line break is added. */
  note(line: string): void;
}

/** Whoever read the results has gone: `klee … | head`. */
export class ReaderGone extends Error {}

/**
 * Writes to file descriptors directly: nothing is left in a buffer when the process ends, and commands that print
 * nothing do not pay for a stream.
 */
export function createOutput(): Output {
  return {
    print: (line) => write(1, `${line}\n`),
    note: (line) => {
      try {
        write(2, `${line}\n`);
      } catch (error) {
        // Nobody is left who could be told.
        if (!(error instanceof ReaderGone)) throw error;
      }
    },
  };
}

function write(descriptor: 1 | 2, text: string): void {
  let rest: Uint8Array = Buffer.from(text);
  while (rest.length > 0) rest = rest.subarray(writeSome(descriptor, rest));
}

function writeSome(descriptor: number, bytes: Uint8Array): number {
  try {
    return writeSync(descriptor, bytes);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EPIPE' || code === 'EBADF') throw new ReaderGone();
    if (code !== 'EAGAIN') throw error;
    // The other end made the pipe non-blocking and is slow: wait for it.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    return 0;
  }
}
