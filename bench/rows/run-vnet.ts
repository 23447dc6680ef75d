import type { Row } from '../support/row.ts';
import { runRow } from '../support/run-row.ts';

export const runVnet: Row = runRow('vnet', {
  node: { limit: 0.85, of: 'podman' },
  file: { limit: 0.65, of: 'podman' },
});
