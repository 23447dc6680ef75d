import type { Ended } from '../../world/processes.ts';

/** Whether `system check` found nothing: an empty list, as JSON. */
export function isSilent({ status, stdout, stderr }: Ended): boolean {
  return status === 0 && stdout.trim() === '[]' && stderr === '';
}
