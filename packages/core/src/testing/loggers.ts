import type { Logger } from '../command.ts';

/** Forgets everything. */
export const SILENT_LOGGER: Logger = Object.freeze({
  debug: () => undefined,
  warn: () => undefined,
});

/** A logger that keeps what it was told. */
export interface RecordingLogger extends Logger {
  readonly debugged: readonly string[];
  readonly warned: readonly string[];
}

/** Makes a logger that keeps what it is told, in order. */
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
