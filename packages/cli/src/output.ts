/** klee's two output streams. */
import { writeSync } from 'node:fs';

export interface Output {
  /** A result; a line break is added. */
  print(text: string): void;
  /** Everything else; a line break is added. */
  note(text: string): void;
}

/** The streams of the process. */
export interface StandardOutput extends Output {
  /** Whether writing a result to standard output has failed. */
  readonly isIncomplete: boolean;
}

/**
 * Writes to file descriptors directly: no buffer is left when the process ends, and commands without output do not pay
 * for a stream.
 *
 * A result that cannot be written does not undo the work that it reports: it goes to standard error then.
 */
export function createOutput(): StandardOutput {
  const results = createWriter(1);
  const rest = createWriter(2);
  let isIncomplete = false;
  const note = (text: string): void => {
    // There is no third stream to report that standard error fails.
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
 * After the reader has gone (`klee … | head`), further output is dropped, and the work continues. Returns the reason if
 * a text could not be written for another cause.
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

/** The number of written bytes; undefined when the reader is gone, a text when writing failed otherwise. */
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
