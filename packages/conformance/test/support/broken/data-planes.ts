/** Drivers with a fault in a data plane for a real platform that shows without a host. */
import type { DataPlane, DataPlaneDependencies, NetworkDriver } from '@kleenet/core/driver';
import { createSimulatedPlatform } from '@kleenet/core/testing';
import type { RealPlatform } from '../../../src/index.ts';
import { RESTRICTED, reference } from '../reference.ts';
import type { BrokenDriver } from './broken-driver.ts';

type Load = (plane: DataPlane, dependencies: DataPlaneDependencies) => Promise<Partial<DataPlane>>;
type Row = readonly [fault: string, load: Load, fails: string];

let answers = 0;

const ROWS: readonly Row[] = [
  [
    'lacks a method',
    async () => ({ detach: undefined as never }),
    'loads without running a command, and has every method',
  ],
  [
    'runs a command when it is loaded',
    async (_plane, { commands }) => {
      await commands.read(['true']);
      return {};
    },
    'loads without running a command, and has every method',
  ],
  [
    'cannot observe nothing',
    async (plane) => ({
      observe: async (targets) => [...(await plane.observe(targets)), NOTHING],
    }),
    'observes nothing when asked about nothing',
  ],
  [
    'plans something else each time',
    async (plane) => ({
      plan: (target) => [...plane.plan(target), { kind: 'note', name: `note-${answers++}` }],
    }),
    'plans purely',
  ],
  [
    'claims an address, and does not say of which interface',
    async (plane) => ({
      plan: (target) => plane.plan(target).map(({ kind, name }) => ({ kind, name })),
    }),
    'plans what can be removed without it',
  ],
];

const NOTHING = { endpointId: '', problems: [] };

export const BROKEN_DATA_PLANES: readonly BrokenDriver[] = (['freebsd', 'linux'] as const).flatMap(
  (platform) =>
    ROWS.map(([fault, load, fails]) => ({
      fault: `has a data plane for ${platform} that ${fault}`,
      subject: driverFor(platform, load),
      fails: `its data plane for ${platform} ${fails}`,
    })),
);

function driverFor(platform: RealPlatform, load: Load): NetworkDriver {
  return {
    ...reference(RESTRICTED),
    dataPlanes: {
      [platform]: async (dependencies: DataPlaneDependencies) => {
        const plane = createSimulatedPlatform().genericDataPlane?.(RESTRICTED);
        if (plane === undefined) throw new TypeError('no generic data plane');
        return { ...plane, ...(await load(plane, dependencies)) };
      },
    } satisfies NetworkDriver['dataPlanes'],
  };
}
