import type { Stack } from '@kleenet/core/driver';
import type { Candidate } from './candidate.ts';
import { seesImportedFunctions } from './watching/own-effects.ts';
import type { RealPlatform } from './stage.ts';

/** Requirements of a case; without them the case is skipped. */
export type Need =
  | 'plugin'
  | 'packageJson'
  | 'import'
  | 'Node.js'
  | 'networks'
  | 'connectWhileRunning'
  | 'disconnectWhileRunning'
  | 'mac'
  | 'gateway'
  | 'ownNetworks'
  | 'hostChecks'
  | RealPlatform
  | `${RealPlatform} host`;

/** The reason why a case with this requirement does not apply, or undefined when it does. */
type Lack = (candidate: Candidate) => string | undefined;

const LACKS: Readonly<Record<Need, Lack>> = {
  plugin: ({ plugin }) => (plugin === undefined ? 'no plugin was given' : undefined),
  packageJson: ({ packageJson }) =>
    packageJson === undefined ? 'no package.json was given' : undefined,
  import: ({ imported }) =>
    imported === undefined
      ? 'no import was watched: importPlugin does that in a test of your own'
      : undefined,
  'Node.js': () =>
    seesImportedFunctions()
      ? undefined
      : 'this runtime does not show what a driver does by itself, and Node.js does',
  networks: ({ capabilities }) => {
    if (capabilities.networkTypes.length === 0) return 'the driver connects to no network';
    if (capabilities.families.length === 0) return 'the driver declares no address family';
    return canConnect(capabilities.stack)
      ? undefined
      : `a stack ${capabilities.stack} connects to no network`;
  },
  connectWhileRunning: ability('connectWhileRunning'),
  disconnectWhileRunning: ability('disconnectWhileRunning'),
  mac: ability('mac'),
  gateway: ({ capabilities }) =>
    capabilities.gateway && capabilities.networkTypes.includes('bridge')
      ? undefined
      : 'the driver does not declare gateway on bridge networks',
  ownNetworks: ({ driver }) =>
    driver.networkOptions === undefined ? 'the driver does not declare networkOptions' : undefined,
  hostChecks: ability('hostChecks'),
  freebsd: platform('freebsd'),
  linux: platform('linux'),
  'freebsd host': host('freebsd'),
  'linux host': host('linux'),
};

/** The reason for skipping a case with these requirements, or undefined when it is run. */
export function reasonToSkip(needs: readonly Need[], candidate: Candidate): string | undefined {
  const reasons = needs.flatMap((need) => LACKS[need](candidate) ?? []);
  return reasons.length === 0 ? undefined : reasons.join('; ');
}

/** Whether a container with this stack can be on a network at all. */
export function canConnect(stack: Stack): boolean {
  return stack === 'own' || stack === 'restricted';
}

function ability(
  name: 'connectWhileRunning' | 'disconnectWhileRunning' | 'mac' | 'hostChecks',
): Lack {
  return ({ capabilities }) =>
    capabilities[name] ? undefined : `the driver does not declare ${name}`;
}

function platform(name: RealPlatform): Lack {
  return ({ driver }) =>
    driver.dataPlanes[name] === undefined ? `the driver has no data plane for ${name}` : undefined;
}

function host(name: RealPlatform): Lack {
  return (candidate) => lackOfHost(candidate, name);
}

/** Why there is no host of the platform to try the driver on; undefined where there is one. */
export function lackOfHost({ stages, untried }: Candidate, name: RealPlatform): string | undefined {
  if (stages[name] !== undefined) return undefined;
  return untried[name] ?? `no host of ${name} was given`;
}
