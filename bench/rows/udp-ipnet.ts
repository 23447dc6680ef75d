import { packetRate, packetsRow } from '../support/packets.ts';
import type { Row } from '../support/row.ts';

export const udpIpnet: Row = packetsRow(
  {
    title: 'UDP packets of 64 bytes between two containers, ipnet',
    unit: 'per s',
    goals: { file: { limit: 1, of: 'podman' } },
  },
  'ipnet',
  (pair) => packetRate(pair, 64),
);
