/** Runs the cases on a broken driver. */
import { deepEqual } from 'node:assert/strict';
import { conformanceCases } from '../../src/index.ts';
import type { ConformanceCase, RealPlatform } from '../../src/index.ts';
import type { BrokenDriver } from './broken/broken-driver.ts';
import { dressedAs, onPlatform } from './dressed.ts';

/** It fails exactly the cases that its fault is known to fail, of those that need no host of a real platform. */
export async function failsAsSaid(broken: BrokenDriver): Promise<void> {
  const { subject, options, fails, also = [] } = broken;
  await failsOnly(conformanceCases(subject, { deadline: 500, ...options }), [fails, ...also]);
}

/** The same on a host of the platform, with its data plane there. */
export async function failsAsSaidOn(platform: RealPlatform, broken: BrokenDriver): Promise<void> {
  const { fails, also = [] } = broken;
  await failsOnly(
    casesOn(platform, broken),
    [fails, ...also].map((name) => `${name} (${platform})`),
  );
}

/** The cases about a host of the platform. */
export function casesOn(
  platform: RealPlatform,
  { subject, options }: Pick<BrokenDriver, 'subject' | 'options'>,
): readonly ConformanceCase[] {
  if (typeof subject !== 'function') throw new TypeError('the driver has no data plane of its own');
  const hosts = { [platform]: dressedAs(platform) };
  return conformanceCases(onPlatform(subject, platform), {
    deadline: 500,
    ...options,
    hosts,
  }).filter(({ needs }) => needs.includes(`${platform} host`));
}

async function failsOnly(
  cases: readonly ConformanceCase[],
  expected: readonly string[],
): Promise<void> {
  const failed: { readonly name: string; readonly error: unknown }[] = [];
  for (const { name, skip, run } of cases) {
    if (skip !== undefined) continue;
    try {
      await run();
    } catch (error) {
      failed.push({ name, error });
    }
  }
  deepEqual(
    failed.map(({ name }) => name).toSorted(),
    expected.toSorted(),
    failed.map(({ name, error }) => `${name}: ${String(error)}`).join('\n'),
  );
}
