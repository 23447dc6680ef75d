import { packetRate, packetsRow } from '../support/packets.ts';
import type { Driver } from '../engines/engine.ts';
import type { Row } from '../support/row.ts';

export const udpSizes = (driver: Driver): Row =>
  packetsRow(
    {
      title: `UDP packets by size, ${driver}`,
      unit: 'per s',
      rounds: 10,
      long: true,
      points: { of: 'bytes', at: [64, 512, 1024, 1400] },
      goals: {},
    },
    driver,
    (pair, { point }) => packetRate(pair, point),
  );
