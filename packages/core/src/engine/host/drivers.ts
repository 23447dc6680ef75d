import { capabilitiesOn } from '../../driver.ts';
import type { PlatformName } from '../../driver.ts';
import { KleenetError } from '../../errors.ts';
import { GuardedPlane, ReadingOnly } from '../../guard/index.ts';
import type { CheckedDriver, Means } from '../../guard/index.ts';
import type { Engine } from '../context.ts';

type Planes = WeakMap<Engine, Map<string, Promise<GuardedPlane>>>;

const planes: Planes = new WeakMap();
const checkingPlanes: Planes = new WeakMap();

/** The guarded data plane of a driver on the engine's platform; one for each klee command. */
export function dataPlane(engine: Engine, driverName: string): Promise<GuardedPlane> {
  return remembered(planes, engine, driverName, () => loadPlane(engine, driverName));
}

/** The same for its checks of the host: it cannot change anything. */
export function checkingPlane(engine: Engine, driverName: string): Promise<GuardedPlane> {
  return remembered(checkingPlanes, engine, driverName, () =>
    loadPlane(engine, driverName, new ReadingOnly(meansOf(engine))),
  );
}

function meansOf({ commands, platform }: Engine): Means {
  const { endpoints: firewall } = platform.firewall;
  return { commands, ...(firewall === undefined ? {} : { firewall }) };
}

function remembered(
  all: Planes,
  engine: Engine,
  driverName: string,
  load: () => Promise<GuardedPlane>,
): Promise<GuardedPlane> {
  const known = all.get(engine) ?? new Map<string, Promise<GuardedPlane>>();
  all.set(engine, known);
  const plane = known.get(driverName) ?? load();
  known.set(driverName, plane);
  return plane;
}

/** A driver with its capabilities on the engine's platform. @throws KleenetError as `DriverRegistry.driver` */
export async function driverHere(engine: Engine, name: string): Promise<CheckedDriver> {
  const driver = await engine.registry.driver(name);
  return { ...driver, capabilities: capabilitiesOn(driver, engine.platform.name) };
}

/**
 * Refuses a driver that cannot connect containers on the engine's platform, and one whose package.json contradicts its
 * code about that: a listing would promise what a start refuses, or the other way round.
 * @throws KleenetError PLATFORM_UNSUPPORTED, PLUGIN_INVALID
 */
export function requirePlatform(engine: Engine, driver: CheckedDriver): void {
  const { platform } = engine;
  const here = platform.name;
  if (driver.capabilities.networkTypes.length === 0) return;
  if (platform.genericDataPlane !== undefined) return;
  const hasCode = driver.dataPlanes[here] !== undefined;
  const isDeclared = platformsOf(engine, driver).includes(here);
  if (!hasCode && !isDeclared) throw platformUnsupported(engine, driver);
  if (hasCode !== isDeclared) throw contradiction(engine, driver, isDeclared);
}

async function loadPlane(
  engine: Engine,
  driverName: string,
  reading?: ReadingOnly,
): Promise<GuardedPlane> {
  const driver = await driverHere(engine, driverName);
  const { clock, logger, platform, signal } = engine;
  const options = { signal, ...(reading === undefined ? {} : { reading }) };
  const load = driver.dataPlanes[platform.name];
  if (load !== undefined) {
    const dependencies = { ...(reading?.means ?? meansOf(engine)), clock, logger };
    return GuardedPlane.load(driver.origin, () => load(dependencies), options);
  }
  const generic = platform.genericDataPlane?.(driver.capabilities);
  if (generic !== undefined) return new GuardedPlane(driver.origin, generic, options);
  throw platformUnsupported(engine, driver);
}

/** As its package.json declares them. */
function platformsOf({ registry }: Engine, { name }: CheckedDriver): readonly PlatformName[] {
  return registry.list().find((listed) => listed.name === name)?.platforms ?? [];
}

function platformUnsupported(engine: Engine, driver: CheckedDriver): KleenetError {
  const { name } = driver;
  const { name: platform } = engine.platform;
  const platforms = platformsOf(engine, driver);
  const only = platforms.filter((one) => one !== platform).join(' and ') || 'another platform';
  return new KleenetError(
    'PLATFORM_UNSUPPORTED',
    `driver ${name} is for ${only} only, and this host is ${platform}`,
    {
      hint: `choose another driver, or try this one on the simulated host with KLEE_PLATFORM=memory; to work here it needs a data plane for ${platform}`,
      details: { driver: name, platform, platforms },
    },
  );
}

function contradiction(engine: Engine, driver: CheckedDriver, isDeclared: boolean): KleenetError {
  const { name, origin } = driver;
  const { name: platform } = engine.platform;
  const { plugin, version } = origin;
  const [problem, remedy] = isDeclared
    ? [
        `declares its driver ${name} for ${platform}, but its code has no data plane for ${platform}`,
        `take ${platform} out of the driver's platforms in package.json, or add the data plane`,
      ]
    : [
        `does not declare its driver ${name} for ${platform}, but its code has a data plane for ${platform}`,
        `add ${platform} to the driver's platforms in package.json`,
      ];
  return new KleenetError('PLUGIN_INVALID', `plugin ${plugin} ${version} ${problem}`, {
    hint: `its author has to ${remedy}`,
    details: { driver: name, plugin, version, platform, platforms: platformsOf(engine, driver) },
  });
}
