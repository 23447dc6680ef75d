import { connectionRate, packetsRow } from '../support/packets.ts';
import type { Row } from '../support/row.ts';

export const connectionsIpnet: Row = packetsRow(
  {
    title: 'new TCP connections between two containers, ipnet',
    unit: 'per s',
    goals: { file: { limit: 1, of: 'podman' } },
  },
  'ipnet',
  connectionRate,
);
