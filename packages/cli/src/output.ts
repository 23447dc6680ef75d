/** The two streams that klee writes to. */
import { writeSync } from 'node:fs';

export interface Output {
  /** A result; a line break is added. */
  print(text: string): void;
  /** Everything else; a line break is added. */
  note(text: string): void;
}

/** The streams of the process. */
export interface StandardOutput extends Output {
  /** Whether a result could not be written where it belongs. */
  readonly isIncomplete: boolean;
}

/**
 * Writes to file descriptors directly: nothing is left in a buffer when the process ends, and commands that print
 * nothing do not pay for a stream.
 *
 * A result that cannot be written is not the end of the work that it tells of: it goes to standard error then.
 */
export function createOutput(): StandardOutput {
  const results = createWriter(1);
  const rest = createWriter(2);
  let isIncomplete = false;
  const note = (text: string): void => {
    // There is no third place to say that the second one takes nothing.
    rest(`${text}\n`);
  };
  return {
    get isIncomplete() {
      return isIncomplete;
    },
    note,
    print(text) {
      const reason = isIncomplete ? undefined : results(`${text}\n`);
      if (reason !== undefined) {
        isIncomplete = true;
        note(`error: the result cannot be written to standard output: ${reason}; here it is:`);
      }
      if (isIncomplete) note(text);
    },
  };
}

/**
 * Once the reader has gone (`klee … | head`), the rest is dropped: the work itself goes on. Answers why a text could not
 * be written, if there is another reason.
 */
function createWriter(descriptor: 1 | 2): (text: string) => string | undefined {
  let isOpen = true;
  return (text) => {
    let rest: Uint8Array = Buffer.from(text);
    while (isOpen && rest.length > 0) {
      const written = writeSome(descriptor, rest);
      if (typeof written === 'string') return written;
      if (written === undefined) isOpen = false;
      else rest = rest.subarray(written);
    }
    return undefined;
  };
}

/** The number of bytes that were written; undefined when nobody will ever read them, a text when they cannot be. */
function writeSome(descriptor: number, bytes: Uint8Array): number | string | undefined {
  try {
    return writeSync(descriptor, bytes);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error)) throw error;
    const { code } = error;
    if (code === 'EPIPE' || code === 'EBADF' || code === 'EIO') return undefined;
    if (code !== 'EAGAIN') return error.message;
    // The other end made the pipe non-blocking and is slow: wait for it.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    return 0;
  }
}
