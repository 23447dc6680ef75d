import { capabilitiesOn } from '../../driver.ts';
import { KleenetError } from '../../errors.ts';
import { GuardedPlane } from '../../guard/index.ts';
import type { CheckedDriver } from '../../guard/index.ts';
import type { Engine } from '../context.ts';

const planes = new WeakMap<Engine, Map<string, Promise<GuardedPlane>>>();

/** The guarded data plane of a driver on the engine's platform; one for each klee command. */
export function dataPlane(engine: Engine, driverName: string): Promise<GuardedPlane> {
  const known = planes.get(engine) ?? new Map<string, Promise<GuardedPlane>>();
  planes.set(engine, known);
  const plane = known.get(driverName) ?? loadPlane(engine, driverName);
  known.set(driverName, plane);
  return plane;
}

/** A driver with its capabilities on the engine's platform. @throws KleenetError as `DriverRegistry.driver` */
export async function driverHere(engine: Engine, name: string): Promise<CheckedDriver> {
  const driver = await engine.registry.driver(name);
  return { ...driver, capabilities: capabilitiesOn(driver, engine.platform.name) };
}

async function loadPlane(engine: Engine, driverName: string): Promise<GuardedPlane> {
  const driver = await driverHere(engine, driverName);
  const { commands, clock, logger, platform, signal } = engine;
  const load = driver.dataPlanes[platform.name];
  if (load !== undefined) {
    const { endpoints: firewall } = platform.firewall;
    const dependencies = {
      commands,
      clock,
      logger,
      ...(firewall === undefined ? {} : { firewall }),
    };
    return GuardedPlane.load(driver.origin, () => load(dependencies), { signal });
  }
  const generic = platform.genericDataPlane?.(driver.capabilities);
  if (generic !== undefined) return new GuardedPlane(driver.origin, generic, { signal });
  throw platformUnsupported(driver, platform.name);
}

function platformUnsupported({ name, dataPlanes }: CheckedDriver, platform: string): KleenetError {
  return new KleenetError('PLATFORM_UNSUPPORTED', `driver ${name} does not run on ${platform}`, {
    hint: `it runs on: ${Object.keys(dataPlanes).join(', ') || 'no platform'}`,
    details: { driver: name, platform },
  });
}
