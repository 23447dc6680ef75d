/** The two streams that klee writes to. */
import { writeSync } from 'node:fs';

export interface Output {
  /** A result; a line break is added. */
  print(text: string): void;
  /** Everything else; a line break is added. */
  note(text: string): void;
}

/**
 * Writes to file descriptors directly: nothing is left in a buffer when the process ends, and commands that print
 * nothing do not pay for a stream.
 */
export function createOutput(): Output {
  const results = createWriter(1);
  const rest = createWriter(2);
  return { print: (text) => results(`${text}\n`), note: (text) => rest(`${text}\n`) };
}

/** Once the reader has gone (`klee … | head`), the rest is dropped: the work itself goes on. */
function createWriter(descriptor: 1 | 2): (text: string) => void {
  let isOpen = true;
  return (text) => {
    let rest: Uint8Array = Buffer.from(text);
    while (isOpen && rest.length > 0) {
      const written = writeSome(descriptor, rest);
      if (written === undefined) isOpen = false;
      else rest = rest.subarray(written);
    }
  };
}

/** The number of bytes that were written; undefined when nobody will ever read them. */
function writeSome(descriptor: number, bytes: Uint8Array): number | undefined {
  try {
    return writeSync(descriptor, bytes);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EPIPE' || code === 'EBADF' || code === 'EIO') return undefined;
    if (code !== 'EAGAIN') throw error;
    // The other end made the pipe non-blocking and is slow: wait for it.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5);
    return 0;
  }
}
