import { connectionRate, packetsRow } from '../support/packets.ts';
import type { Row } from '../support/row.ts';

export const connectionsVnet: Row = packetsRow(
  {
    title: 'new TCP connections between two containers, vnet',
    unit: 'per s',
    goals: { file: { limit: 1, of: 'podman' } },
  },
  'vnet',
  connectionRate,
);
