import { packetRate, packetsRow } from '../support/packets.ts';
import type { Row } from '../support/row.ts';

export const udpVnet: Row = packetsRow(
  {
    title: 'UDP packets of 64 bytes between two containers, vnet',
    unit: 'per s',
    goals: { file: { limit: 0.95, of: 'podman' } },
  },
  'vnet',
  (pair) => packetRate(pair, 64),
);
