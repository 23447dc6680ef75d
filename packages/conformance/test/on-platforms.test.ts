/** The cases about a host of a real platform: a driver whose data plane there has one fault fails the case there. */
import { deepEqual } from 'node:assert/strict';
import { suite } from 'uvu';
import { conformanceCases } from '../src/index.ts';
import type { ConformanceCase, RealPlatform } from '../src/index.ts';
import { BROKEN_DRIVERS } from './support/broken/index.ts';
import type { BrokenDriver } from './support/broken/broken-driver.ts';
import { dressedAs, onPlatform } from './support/dressed.ts';
import { OWN, reference } from './support/reference.ts';

const test = suite('broken drivers on real platforms');

for (const platform of ['freebsd', 'linux'] as const) {
  const names = casesOn(platform, {}).map(({ name }) => name);
  for (const name of names) {
    test(`a driver fails the case that says so, and no other: ${name}`, async () => {
      const plain = name.replace(` (${platform})`, '');
      const broken = BROKEN_DRIVERS.find(
        ({ subject, fails }) => fails === plain && typeof subject === 'function',
      );
      const failed = await failedBy(casesOn(platform, broken ?? {}));
      deepEqual(
        failed.map((one) => one.name).toSorted(),
        [plain, ...(broken?.also ?? [])].map((one) => `${one} (${platform})`).toSorted(),
        failed.map((one) => `${one.name}: ${String(one.error)}`).join('\n'),
      );
    });
  }
}

function casesOn(
  platform: RealPlatform,
  { subject, options }: Partial<BrokenDriver>,
): readonly ConformanceCase[] {
  const driver = typeof subject === 'function' ? onPlatform(subject, platform) : reference(OWN);
  const hosts = { [platform]: dressedAs(platform) };
  return conformanceCases(driver, { deadline: 500, ...options, hosts }).filter(({ needs }) =>
    needs.includes(`${platform} host`),
  );
}

async function failedBy(
  cases: readonly ConformanceCase[],
): Promise<readonly { readonly name: string; readonly error: unknown }[]> {
  const failed = [];
  for (const { name, skip, run } of cases) {
    if (skip !== undefined) continue;
    try {
      await run();
    } catch (error) {
      failed.push({ name, error });
    }
  }
  return failed;
}

test.run();
