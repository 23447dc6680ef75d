import type { PlatformName } from '@kleenet/core/driver';
import type { CaseDefinition } from '../definition.ts';
import { ATTACH_CASES } from './attach.ts';
import { DATA_PLANE_CASES } from './data-planes.ts';
import { DEATH_CASES } from './deaths.ts';
import { DETACH_CASES } from './detach.ts';
import { FAULT_CASES } from './faults.ts';
import { INTERFACE_CASES } from './interfaces.ts';
import { MANIFEST_CASES } from './manifest.ts';
import { CHECK_CASES } from './host-checks.ts';
import { NETWORK_CASES, NETWORK_DECLARATION_CASES } from './own-networks.ts';
import { NEIGHBOUR_CASES } from './neighbours.ts';
import { OBSERVE_CASES } from './observe.ts';
import { PACKAGE_CASES } from './package.ts';
import { IMPORT_CASES, PROCESS_CASES } from './process.ts';
import { STATE_CASES } from './states.ts';
import { VALIDATION_CASES } from './validation.ts';
import { REAL_PLATFORMS } from '../stage.ts';
import type { RealPlatform } from '../stage.ts';

/** Effects of a driver on a host. */
const HOST_CASES: readonly CaseDefinition[] = [
  ...PROCESS_CASES,
  ...ATTACH_CASES,
  ...INTERFACE_CASES,
  ...DETACH_CASES,
  ...OBSERVE_CASES,
  ...STATE_CASES,
  ...FAULT_CASES,
  ...DEATH_CASES,
  ...NEIGHBOUR_CASES,
  ...NETWORK_CASES,
  ...CHECK_CASES,
];

/** Every case, in the order of a driver's life; cases about a host start with the simulated one. */
export const CASES: readonly CaseDefinition[] = [
  ...MANIFEST_CASES,
  ...PACKAGE_CASES,
  ...IMPORT_CASES,
  ...VALIDATION_CASES,
  ...NETWORK_DECLARATION_CASES,
  ...DATA_PLANE_CASES,
  ...casesFor('memory').map((one) => ({ ...one, on: 'memory' as const })),
  ...REAL_PLATFORMS.flatMap((platform) => casesFor(platform).map((one) => onHostOf(platform, one))),
];

function casesFor(platform: PlatformName): readonly CaseDefinition[] {
  return HOST_CASES.filter(({ only = platform }) => only === platform);
}

/** The same case on a host of this platform. */
function onHostOf(
  platform: RealPlatform,
  { name, group, needs, run }: CaseDefinition,
): CaseDefinition {
  return {
    name: `${name} (${platform})`,
    group,
    needs: [...needs, platform, `${platform} host`],
    on: platform,
    run(candidate) {
      const stage = candidate.stages[platform];
      if (stage === undefined) throw new TypeError(`no host of ${platform} was given`);
      return run({ ...candidate, stage });
    },
  };
}
