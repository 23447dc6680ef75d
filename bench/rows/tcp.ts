import { packetsRow, throughput } from '../support/packets.ts';
import type { Driver } from '../engines/engine.ts';
import type { Row } from '../support/row.ts';

export const tcp = (driver: Driver): Row =>
  packetsRow(
    {
      title: `TCP between two containers, ${driver}`,
      unit: 'Gbit/s',
      goals: { file: { limit: 1, of: 'podman' } },
    },
    driver,
    throughput,
  );
