/** Why no image can be made of what was given. Pure. */
import { KleenetError } from '@kleenet/core/errors';

/** Unpacking may take long; what hangs is the user's to interrupt. In milliseconds. */
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

/** What tar said about an archive that it could not read. */
export function tarComplaint(text: string): string {
  return text.split('\n').find((line) => line.trim() !== '') ?? 'it is no tar archive';
}
