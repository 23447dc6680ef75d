import { packetsRow, throughput } from '../support/packets.ts';
import type { Row } from '../support/row.ts';

export const tcpVnet: Row = packetsRow(
  {
    title: 'TCP between two containers, vnet',
    unit: 'Gbit/s',
    goals: { file: { limit: 1, of: 'podman' } },
  },
  'vnet',
  throughput,
);
