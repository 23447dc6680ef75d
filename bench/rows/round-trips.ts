import { packetsRow, roundTripRate } from '../support/packets.ts';
import type { Driver } from '../engines/engine.ts';
import type { Row } from '../support/row.ts';

export const roundTrips = (driver: Driver): Row =>
  packetsRow(
    {
      title: `round trips of a UDP packet between two containers, ${driver}`,
      unit: 'per s',
      points: { of: 'bytes', at: [16, 512, 1400] },
      goals: {},
    },
    driver,
    (pair, { point }) => roundTripRate(pair, point),
  );
