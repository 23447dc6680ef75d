/** The declarations of a driver. */
import { deepEqual, equal, match, ok } from 'node:assert/strict';
import { NETWORK_TYPES } from '@kleenet/core';
import { capabilitiesOn } from '@kleenet/core/driver';
import type { Capabilities, NetworkDriver, PlatformName } from '@kleenet/core/driver';
import type { CaseDefinition } from '../definition.ts';
import { canConnect } from '../needs.ts';
import { optionCases } from './options.ts';
import type { OptionKind } from './options.ts';

const STACKS: readonly string[] = ['own', 'restricted', 'host', 'none'];
const FAMILIES: readonly string[] = ['ipv4', 'ipv6'];
const PLATFORMS: readonly PlatformName[] = ['freebsd', 'linux', 'memory'];
const FLAGS = [
  'hostChecks',
  'connectWhileRunning',
  'disconnectWhileRunning',
  'publishPorts',
  'mac',
  'gateway',
  'lateBinding',
] as const;
/** Those are parts of `networkTypes`. */
const TYPES = ['internalOn', 'noIccOn'] as const;

const ENDPOINTS: OptionKind = {
  described: 'its options are described, and their checks answer for any text',
  same: 'the check of an option gives the same answer to the same text',
  careful:
    'the check of an option refuses an empty text, white space at either end, and control characters',
  own: 'the options that endpoints have in these cases are its own, and pass their checks',
  of: ({ driver, endpointOptions }) => ({ known: driver.options, given: endpointOptions }),
};

export const MANIFEST_CASES: readonly CaseDefinition[] = [
  {
    name: 'its name is lower-case letters, digits and dashes',
    group: 'manifest',
    needs: [],
    run: async ({ driver }) => match(driver.name, /^[a-z][a-z0-9-]{0,63}$/),
  },
  {
    name: 'its capabilities are frozen data of the declared form',
    group: 'manifest',
    needs: [],
    async run({ driver: { capabilities, platformCapabilities = {} } }) {
      ok(Object.isFrozen(capabilities), 'capabilities are not frozen');
      checkPlatforms(platformCapabilities);
      deepEqual(
        JSON.parse(JSON.stringify(capabilities)),
        capabilities,
        'they are not a JSON value',
      );
      checkMembers('capabilities', capabilities);
      ok(STACKS.includes(capabilities.stack), `no such stack: ${capabilities.stack}`);
      checkList('networkTypes', capabilities.networkTypes, NETWORK_TYPES);
      checkList('families', capabilities.families, FAMILIES);
      for (const some of TYPES) checkList(some, capabilities[some] ?? [], NETWORK_TYPES);
      for (const flag of FLAGS)
        equal(typeof (capabilities[flag] ?? false), 'boolean', `${flag} is not a boolean`);
    },
  },
  {
    name: 'its capabilities do not contradict each other',
    group: 'manifest',
    needs: [],
    async run({ driver }) {
      deepEqual(contradictions(driver.capabilities), []);
      for (const platform of PLATFORMS)
        deepEqual(contradictions(capabilitiesOn(driver, platform)), [], `on ${platform}`);
    },
  },
  ...optionCases('manifest', [], ENDPOINTS),
  {
    name: 'it names data planes of known platforms only',
    group: 'manifest',
    needs: [],
    async run({ driver: { dataPlanes } }) {
      for (const [platform, load] of Object.entries(dataPlanes)) {
        ok(isPlatform(platform), `there is no platform ${platform}`);
        equal(typeof load, 'function', `the data plane for ${platform} is not a loader`);
      }
    },
  },
];

function isPlatform(name: string): boolean {
  return PLATFORMS.some((platform) => platform === name);
}

/** Each entry is for a platform, and of the same form as the whole. */
function checkPlatforms(differing: NonNullable<NetworkDriver['platformCapabilities']>): void {
  deepEqual(JSON.parse(JSON.stringify(differing)), differing, 'those of platforms are not JSON');
  for (const [platform, own] of Object.entries(differing)) {
    ok(isPlatform(platform), `there is no platform ${platform}`);
    ok(Object.isFrozen(own), `those on ${platform} are not frozen`);
    checkMembers(`capabilities on ${platform}`, own);
    checkList('networkTypes', own.networkTypes ?? [], NETWORK_TYPES);
    checkList('families', own.families ?? [], FAMILIES);
    for (const some of TYPES) checkList(some, own[some] ?? [], NETWORK_TYPES);
    for (const flag of FLAGS)
      equal(typeof (own[flag] ?? false), 'boolean', `${flag} on ${platform} is not a boolean`);
  }
}

/** A misspelt one would count as absent. */
function checkMembers(name: string, given: object): void {
  const known: readonly string[] = ['stack', 'networkTypes', 'families', ...FLAGS, ...TYPES];
  const unknown = Object.keys(given).filter((member) => !known.includes(member));
  deepEqual(unknown, [], `unknown members of ${name}`);
}

function checkList(name: string, values: readonly string[], known: readonly string[]): void {
  deepEqual(
    values.filter((value) => !known.includes(value)),
    [],
    `unknown ${name}`,
  );
  equal(new Set(values).size, values.length, `${name} repeats itself`);
}

function contradictions({
  stack,
  networkTypes,
  families,
  ...can
}: Capabilities): readonly string[] {
  const connects = networkTypes.length > 0;
  const abilities = FLAGS.filter((flag) => can[flag]);
  return [
    ...(connects && !canConnect(stack) ? [`a stack ${stack} connects to no network`] : []),
    ...(connects && families.length === 0 ? ['it connects to networks, with no family'] : []),
    ...TYPES.flatMap((some) =>
      (can[some] ?? [])
        .filter((type) => !networkTypes.includes(type))
        .map((type) => `it connects to no ${type} network, and has one in ${some}`),
    ),
    ...(connects ? [] : abilities.map((flag) => `it connects to no network, and declares ${flag}`)),
  ];
}
