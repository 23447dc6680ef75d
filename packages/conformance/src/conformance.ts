import type { PlatformName } from '@kleenet/core/driver';
import { candidateOf, candidateOn } from './candidate.ts';
import type { Candidate, ConformanceOptions, Subject } from './candidate.ts';
import { CASES } from './cases/index.ts';
import type { Group } from './definition.ts';
import { lackOfHost, reasonToSkip } from './needs.ts';
import type { Need } from './needs.ts';
import { REAL_PLATFORMS } from './stage.ts';

/** One case for one driver. */
export interface ConformanceCase {
  /** Says the rule, as a sentence about the driver. Unique. */
  readonly name: string;
  readonly group: Group;
  readonly needs: readonly Need[];
  /** Why it does not apply to this driver; absent when it does. */
  readonly skip?: string;
  /** Rejects when the driver breaks the rule. Makes its own world, so that cases can run in any order. */
  readonly run: () => Promise<void>;
}

/** A case that a driver fails. */
export interface FailedCase {
  readonly name: string;
  readonly error: unknown;
}

/** A case that does not apply, and why. */
export interface SkippedCase {
  readonly name: string;
  readonly reason: string;
}

/** A platform that the driver is for, and where it was tried. */
export interface PlatformTrial {
  readonly platform: PlatformName;
  /** What its data plane was tried on, for people; absent where it was not tried. */
  readonly host?: string;
  /** For a model: what its answers rest on, and what it cannot prove. */
  readonly basis?: string;
  /** Why it was not tried. */
  readonly reason?: string;
}

/** The results; every case is in exactly one of the lists. */
export interface ConformanceReport {
  readonly passed: readonly string[];
  readonly failed: readonly FailedCase[];
  readonly skipped: readonly SkippedCase[];
  /** The platforms that the driver connects containers to networks on. */
  readonly platforms?: readonly PlatformTrial[];
}

/** All cases, for registration with a test runner. */
export function conformanceCases(
  subject: Subject,
  options: ConformanceOptions = {},
): readonly ConformanceCase[] {
  const candidate = candidateOf(subject, options);
  return CASES.map(({ name, group, needs, on, run }) => {
    const there = candidateOn(candidate, on);
    return { name, group, needs, ...skipOf(needs, there), run: () => run(there) };
  });
}

function skipOf(needs: readonly Need[], candidate: Candidate): { readonly skip?: string } {
  const reason = reasonToSkip(needs, candidate);
  return reason === undefined ? {} : { skip: reason };
}

/** Runs all cases, one after the other, and reports. Never rejects because of a driver. */
export async function runConformance(
  subject: Subject,
  options: ConformanceOptions = {},
): Promise<ConformanceReport> {
  const passed: string[] = [];
  const failed: FailedCase[] = [];
  const skipped: SkippedCase[] = [];
  for (const { name, skip, run } of conformanceCases(subject, options)) {
    if (skip !== undefined) {
      skipped.push({ name, reason: skip });
      continue;
    }
    try {
      await run();
      passed.push(name);
    } catch (error) {
      failed.push({ name, error });
    }
  }
  return { passed, failed, skipped, platforms: trialsOf(candidateOf(subject, options), passed) };
}

/** A driver without a data plane of its own is tried by its declarations, on the simulated host alone. */
function trialsOf(candidate: Candidate, passed: readonly string[]): readonly PlatformTrial[] {
  const real = REAL_PLATFORMS.filter(
    (platform) =>
      candidate.driver.dataPlanes[platform] !== undefined && connects(candidate, platform),
  );
  const simulated: readonly PlatformTrial[] = [
    {
      platform: 'memory',
      host:
        candidate.driver.dataPlanes.memory === undefined
          ? 'the simulated host, by what it declares'
          : 'the simulated host',
    },
  ];
  const isSimulated = real.length === 0 || candidate.driver.dataPlanes.memory !== undefined;
  return [
    ...(isSimulated && connects(candidate, 'memory') ? simulated : []),
    ...real.map((platform): PlatformTrial => {
      const reason = lackOfHost(candidate, platform);
      if (reason !== undefined) return { platform, reason };
      // One that cannot be made has failed every case about it.
      const works = passed.some((name) => name.endsWith(`(${platform})`));
      const { title = 'the host that was given', basis } = works
        ? (candidate.stages[platform]?.().host ?? {})
        : {};
      return { platform, host: title, ...(basis === undefined ? {} : { basis }) };
    }),
  ];
}

function connects(candidate: Candidate, platform: PlatformName): boolean {
  return reasonToSkip(['networks'], candidateOn(candidate, platform)) === undefined;
}
