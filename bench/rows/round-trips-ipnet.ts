import { packetsRow, roundTrips } from '../support/packets.ts';
import type { Row } from '../support/row.ts';

export const roundTripsIpnet: Row = packetsRow(
  {
    title: 'round trips of a UDP packet between two containers, ipnet',
    unit: 'per s',
    points: { of: 'bytes', at: [16, 512, 1400] },
    goals: {},
  },
  'ipnet',
  (pair, { point }) => roundTrips(pair, point),
);
