import type { Logger } from '../command.ts';

/** Deletes all records. */
export const SILENT_LOGGER: Logger = Object.freeze({
  debug: () => undefined,
  warn: () => undefined,
});

/** A logger that records its messages. */
export interface RecordingLogger extends Logger {
  readonly debugged: readonly string[];
  readonly warned: readonly string[];
}

/** Makes a logger that records its messages, in order. */
export function createRecordingLogger(): RecordingLogger {
  const debugged: string[] = [];
  const warned: string[] = [];
  return {
    debugged,
    warned,
    debug: (message) => void debugged.push(message),
    warn: (message) => void warned.push(message),
  };
}
