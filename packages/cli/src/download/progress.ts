/** How a download tells how far it is. */
export interface Progress {
  /** Called once, before any `update`, in bytes. Without a total, the server did not say how much there is. */
  start(received: number, total: number | undefined): void;
  update(received: number): void;
  /** May be called without a `start`, and twice. */
  stop(): void;
}

/** Shows nothing. */
export const SILENT: Progress = { start() {}, update() {}, stop() {} };
