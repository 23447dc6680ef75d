import { packetRate, packetsRow } from '../support/packets.ts';
import type { Driver } from '../engines/engine.ts';
import type { Row } from '../support/row.ts';

export const udp = (driver: Driver): Row =>
  packetsRow(
    {
      title: `UDP packets of 64 bytes between two containers, ${driver}`,
      unit: 'per s',
      goals: { file: { limit: { ipnet: 1, vnet: 0.95 }[driver], of: 'podman' } },
    },
    driver,
    (pair) => packetRate(pair, 64),
  );
