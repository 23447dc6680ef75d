import { packetsRow, roundTrips } from '../support/packets.ts';
import type { Row } from '../support/row.ts';

export const roundTripsVnet: Row = packetsRow(
  {
    title: 'round trips of a UDP packet between two containers, vnet',
    unit: 'per s',
    points: { of: 'bytes', at: [16, 512, 1400] },
    goals: {},
  },
  'vnet',
  (pair, { point }) => roundTrips(pair, point),
);
