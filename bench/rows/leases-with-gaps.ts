import { leasesRow } from '../support/leases-row.ts';
import type { Row } from '../support/row.ts';

export const leasesWithGaps: Row = leasesRow(
  'a lease and its release, in a pool with every second address free',
  2,
);
