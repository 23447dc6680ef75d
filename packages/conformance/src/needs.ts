import type { Candidate } from './candidate.ts';

/** What a case asks of a driver; where it is lacking, the case is skipped. */
export type Need =
  | 'plugin'
  | 'networks'
  | 'connectWhileRunning'
  | 'disconnectWhileRunning'
  | 'mac'
  | 'gateway'
  | 'freebsd'
  | 'linux';

/** Why a case that needs this does not apply, or undefined when it does. */
type Lack = (candidate: Candidate) => string | undefined;

const LACKS: Readonly<Record<Need, Lack>> = {
  plugin: ({ plugin }) => (plugin === undefined ? 'no plugin was given' : undefined),
  networks: ({ driver }) =>
    driver.capabilities.networkTypes.length === 0 ? 'the driver connects to no network' : undefined,
  connectWhileRunning: ability('connectWhileRunning'),
  disconnectWhileRunning: ability('disconnectWhileRunning'),
  mac: ability('mac'),
  gateway: ({ driver }) =>
    driver.capabilities.gateway && driver.capabilities.networkTypes.includes('bridge')
      ? undefined
      : 'the driver does not declare gateway on bridge networks',
  freebsd: platform('freebsd'),
  linux: platform('linux'),
};

/** Why a case with these needs is skipped, or undefined when it is run. */
export function reasonToSkip(needs: readonly Need[], candidate: Candidate): string | undefined {
  const reasons = needs.flatMap((need) => LACKS[need](candidate) ?? []);
  return reasons.length === 0 ? undefined : reasons.join('; ');
}

function ability(name: 'connectWhileRunning' | 'disconnectWhileRunning' | 'mac'): Lack {
  return ({ driver }) =>
    driver.capabilities[name] ? undefined : `the driver does not declare ${name}`;
}

function platform(name: 'freebsd' | 'linux'): Lack {
  return ({ driver }) =>
    driver.dataPlanes[name] === undefined ? `the driver has no data plane for ${name}` : undefined;
}
