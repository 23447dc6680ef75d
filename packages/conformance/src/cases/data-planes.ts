/** Data planes for real platforms, as far as they can be tested anywhere: loading, and `plan`. */
import { deepEqual, equal } from 'node:assert/strict';
import type { AttachTarget, CommandRunner, DataPlane, MacAddress } from '@kleenet/core/driver';
import { SILENT_LOGGER, createFakeClock, createReplayRunner } from '@kleenet/core/testing';
import type { Candidate } from '../candidate.ts';
import type { CaseDefinition } from '../definition.ts';
import { ANSWERS_ALL } from '../importing.ts';
import { checkClaims, checkPlan } from '../plan-check.ts';
import { REAL_PLATFORMS } from '../stage.ts';
import type { RealPlatform } from '../stage.ts';
import { forEachVariant } from '../variants.ts';
import { World } from '../world.ts';

const METHODS = ['status', 'plan', 'attach', 'detach', 'observe'] as const;

export const DATA_PLANE_CASES: readonly CaseDefinition[] = REAL_PLATFORMS.flatMap(
  (platform): CaseDefinition[] => [
    {
      name: `its data plane for ${platform} loads without running a command, and has every method`,
      group: 'data planes',
      needs: [platform],
      on: platform,
      async run(candidate) {
        const plane = await load(candidate, platform, createReplayRunner([]));
        const missing = METHODS.filter((method) => typeof plane[method] !== 'function');
        deepEqual(missing, []);
      },
    },
    {
      name: `its data plane for ${platform} observes nothing when asked about nothing`,
      group: 'data planes',
      needs: [platform],
      on: platform,
      run: async (candidate) => {
        const found = await (await load(candidate, platform)).observe([]);
        equal(found.length, 0);
      },
    },
    {
      name: `its data plane for ${platform} plans purely`,
      group: 'data planes',
      needs: [platform, 'networks'],
      on: platform,
      run: (candidate) => forEachTarget(candidate, platform, checkPlan),
    },
    {
      name: `its data plane for ${platform} plans what can be removed without it`,
      group: 'data planes',
      needs: [platform, 'networks'],
      on: platform,
      run: (candidate) =>
        forEachTarget(candidate, platform, (plane, target) => checkClaims(plane.plan(target))),
    },
  ],
);

function forEachTarget(
  candidate: Candidate,
  platform: RealPlatform,
  check: (plane: DataPlane, target: AttachTarget) => void,
): Promise<void> {
  return forEachVariant(candidate, async (variant) => {
    const world = await World.open(candidate, variant);
    check(await load(candidate, platform), onPlatform(world.target(), platform));
  });
}

/** Commands of a loader concern one case only. */
async function load(
  { driver }: Candidate,
  platform: RealPlatform,
  commands: CommandRunner = ANSWERS_ALL,
): Promise<DataPlane> {
  const loader = driver.dataPlanes[platform];
  if (loader === undefined) throw new TypeError(`no data plane for ${platform}`);
  return loader({
    commands,
    clock: createFakeClock(),
    logger: SILENT_LOGGER,
  });
}

/** On Linux a restricted sandbox has a routed link. */
function onPlatform(target: AttachTarget, platform: RealPlatform): AttachTarget {
  if (platform !== 'linux' || target.sandbox.stack !== 'restricted') return target;
  const link = {
    hostInterface: `klc${target.container.id}`,
    interface: 'eth0',
    hostMac: '02:00:00:00:00:01' as MacAddress,
    mac: '06:00:00:00:00:01' as MacAddress,
  };
  return Object.freeze({ ...target, sandbox: Object.freeze({ ...target.sandbox, link }) });
}
