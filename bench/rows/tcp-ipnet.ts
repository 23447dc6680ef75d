import { packetsRow, throughput } from '../support/packets.ts';
import type { Row } from '../support/row.ts';

export const tcpIpnet: Row = packetsRow(
  {
    title: 'TCP between two containers, ipnet',
    unit: 'Gbit/s',
    goals: { file: { limit: 1, of: 'podman' } },
  },
  'ipnet',
  throughput,
);
