/** A progress bar on a terminal. Its library is loaded with this file. */
import type { WriteStream } from 'node:tty';
import cliProgress from 'cli-progress';
import { byteText } from '../render/bytes.ts';
import type { Progress } from './progress.ts';

/** Draws on `stream`, and erases the bar at the end. */
export function createProgress(stream: WriteStream): Progress {
  const bar = new cliProgress.SingleBar(
    {
      stream,
      clearOnComplete: true,
      // klee handles signals itself.
      gracefulExit: false,
      barsize: 30,
      etaBuffer: 200,
      format: (options, { progress, value, total, eta }) =>
        total === 0
          ? byteText(value)
          : `${cliProgress.Format.BarFormat(progress, options)} ${Math.floor(progress * 100)}%  ` +
            `${byteText(value)} of ${byteText(total)}  ${remaining(eta)}`,
    },
    cliProgress.Presets.shades_classic,
  );
  return {
    start: (received, total) => bar.start(total ?? 0, received),
    update: (received) => bar.update(received),
    stop: () => bar.stop(),
  };
}

/** The remaining time, given in seconds. It is unknown at first. */
function remaining(eta: number | string): string {
  const seconds = Number(eta);
  if (!Number.isFinite(seconds)) return '';
  const rest = String(seconds % 60).padStart(2, '0');
  return `${Math.floor(seconds / 60)}:${rest} left`;
}
