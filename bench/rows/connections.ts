import { connectionRate, packetsRow } from '../support/packets.ts';
import type { Driver } from '../engines/engine.ts';
import type { Row } from '../support/row.ts';

export const connections = (driver: Driver): Row =>
  packetsRow(
    {
      title: `new TCP connections between two containers, ${driver}`,
      unit: 'per s',
      goals: { file: { limit: 1, of: 'podman' } },
    },
    driver,
    connectionRate,
  );
