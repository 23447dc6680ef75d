import { KleenetError } from '../errors.ts';
import type { DataPlane, NetworkDriver } from '../driver.ts';
import { GuardedPlane } from '../guard.ts';
import type { Engine } from './context.ts';

const planes = new WeakMap<Engine, Map<string, Promise<GuardedPlane>>>();

/** The guarded data plane of a driver on the engine's platform; one for each command of the user. */
export function dataPlane(engine: Engine, driverName: string): Promise<GuardedPlane> {
  const known = planes.get(engine) ?? new Map<string, Promise<GuardedPlane>>();
  planes.set(engine, known);
  const plane = known.get(driverName) ?? loadPlane(engine, driverName);
  known.set(driverName, plane);
  return plane;
}

async function loadPlane(engine: Engine, driverName: string): Promise<GuardedPlane> {
  const driver = await engine.registry.driver(driverName);
  const plane = await makePlane(engine, driver);
  return new GuardedPlane(driverName, plane, { signal: engine.signal });
}

async function makePlane(engine: Engine, driver: NetworkDriver): Promise<DataPlane> {
  const { commands, clock, logger, platform } = engine;
  const load = driver.dataPlanes[platform.name];
  if (load !== undefined) return load({ commands, clock, logger });
  const generic = platform.genericDataPlane?.(driver.capabilities);
  if (generic !== undefined) return generic;
  throw new KleenetError(
    'PLATFORM_UNSUPPORTED',
    `driver ${driver.name} does not run on ${platform.name}`,
    {
      hint: `it runs on: ${Object.keys(driver.dataPlanes).join(', ') || 'no platform'}`,
      details: { driver: driver.name, platform: platform.name },
    },
  );
}
