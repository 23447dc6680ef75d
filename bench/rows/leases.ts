import { leasesRow } from '../support/leases-row.ts';
import type { Row } from '../support/row.ts';

export const leases: Row = leasesRow('a lease and its release, in a pool without gaps', 1);
