import { leasesRow } from '../support/leases-row.ts';
import type { Row } from '../support/row.ts';

export const leases: Row = leasesRow(
  'a lease and its release, in a pool without gaps',
  1,
  [0, 1000, 10_000, 30_000, 60_000],
);
