/** Reports the progress of a download. */
export interface Progress {
  /** Called once, before any `update`, in bytes. Without a total, the server did not report the size. */
  start(received: number, total: number | undefined): void;
  update(received: number): void;
  /** May be called without a `start`, and twice. */
  stop(): void;
}

/** Shows nothing. */
export const SILENT: Progress = { start() {}, update() {}, stop() {} };
