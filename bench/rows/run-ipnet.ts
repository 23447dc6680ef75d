import type { Row } from '../support/row.ts';
import { runRow } from '../support/run-row.ts';

export const runIpnet: Row = runRow('ipnet', {
  node: { limit: 0.8, of: 'podman' },
  file: { limit: 0.6, of: 'podman' },
});
