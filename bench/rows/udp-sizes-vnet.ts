import { packetRate, packetsRow } from '../support/packets.ts';
import type { Row } from '../support/row.ts';

export const udpSizesVnet: Row = packetsRow(
  {
    title: 'UDP packets by size, vnet',
    unit: 'per s',
    rounds: 10,
    long: true,
    points: { of: 'bytes', at: [64, 512, 1024, 1400] },
    goals: {},
  },
  'vnet',
  (pair, { point }) => packetRate(pair, point),
);
