/** Errors for unusable image sources. Pure. */
import { KleenetError } from '@kleenet/core/errors';
import { stderrOf } from '../runner/failures.ts';

/** Unpacking may take long, so the user decides when to interrupt it. In milliseconds. */
export const IMPORT_TIMEOUT: number = 6 * 60 * 60 * 1000;

export function invalidImage(
  source: string,
  reason: string,
  { cause, hint = TAKEN }: { readonly cause?: unknown; readonly hint?: string } = {},
): KleenetError {
  return new KleenetError('IMAGE_INVALID', `cannot make an image from ${source}: ${reason}`, {
    hint,
    details: { source },
    ...(cause === undefined ? {} : { cause }),
  });
}

const TAKEN = 'give a directory, or a tar archive that tar can read, with a root file system in it';

/** tar's message, without strerror's words, for a partial write of a block. */
const SHORT_WRITE = /Wrote only \d+ of \d+ bytes|Write failed/;

/** Warnings of tar, and its final message: neither names the cause. */
const NO_REASON = [
  /: (?:Removing|Substituting) /,
  /: Ignoring unknown extended header/,
  /: Warning: /i,
  /: A lone zero block at /,
  /: (?:time stamp|implausibly old time stamp) /,
  /: (?:Skipping to next header|Exiting with failure status|Error is not recoverable|Error exit delayed)/,
  /: Child returned status /,
];

/** The error for an archive that tar failed to unpack, from its messages: the cause is the disk or the archive. */
export function tarFailed(source: string, directory: string, error: KleenetError): KleenetError {
  const text = stderrOf(error);
  if (!SHORT_WRITE.test(text)) return invalidImage(source, tarComplaint(text), { cause: error });
  return new KleenetError(
    'DISK_FULL',
    `no space is left on the file system of ${directory} for what is in ${source}`,
    { hint: 'free some there, and try again', details: error.details, cause: error },
  );
}

/** Why tar could not read an archive. */
function tarComplaint(text: string): string {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  return (
    lines.find((line) => !NO_REASON.some((pattern) => pattern.test(line))) ??
    lines.at(-1) ??
    'it is not a tar archive'
  );
}
