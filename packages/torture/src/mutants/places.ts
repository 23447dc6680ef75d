/** Which sources are changed, and where no change may go unnoticed. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { shuffled } from '../order.ts';
import { mutantsOf } from './mutate.ts';
import type { Mutant } from './mutant.ts';

export const TOP: string = join(import.meta.dirname, '../../../..');

const PACKAGES = ['core', 'store-sqlite', 'platform', 'driver-ipnet', 'driver-vnet'];

const CORE = 'packages/core/src';
const LINUX = 'packages/platform/src/linux';
const FREEBSD = 'packages/platform/src/freebsd';

/** Here every mutant is noticed or explained. */
const AREAS: Readonly<Record<string, readonly string[]>> = {
  allocator: [`${CORE}/allocator`],
  guard: [`${CORE}/guard`],
  claims: [`${CORE}/engine/records`, `${LINUX}/claimed.ts`, `${FREEBSD}/claimed.ts`],
  recovery: [`${CORE}/engine/lifecycle`],
  firewall: [
    `${CORE}/firewall`,
    `${CORE}/engine/host/firewall.ts`,
    'packages/platform/src/network/firewall-owner.ts',
    `${LINUX}/firewall`,
    `${LINUX}/firewall.ts`,
    `${LINUX}/firewall-owner.ts`,
    `${FREEBSD}/firewall`,
    `${FREEBSD}/firewall.ts`,
    `${FREEBSD}/firewall-owner.ts`,
  ],
  confinement: [
    `${LINUX}/oci-config.ts`,
    `${LINUX}/seccomp.ts`,
    `${FREEBSD}/jail-parameters.ts`,
    `${FREEBSD}/root-fs.ts`,
  ],
};

export const HELD: readonly string[] = Object.values(AREAS).flat();

/** The area that a place belongs to, or `''`. */
export function areaOf(place: string): string {
  return Object.keys(AREAS).find((name) => AREAS[name]?.includes(place)) ?? '';
}

/** The sources of the packages, from the top of the repository. What a build writes is none. */
export function sourceFiles(): readonly string[] {
  return PACKAGES.flatMap((name) => below(`packages/${name}/src`, '.ts')).filter(
    (file) => !file.endsWith('/scripts/embedded.ts'),
  );
}

/** Their unit tests, and those of the conformance kit, which the drivers are told to pass. */
export function testFiles(): readonly string[] {
  return [...PACKAGES, 'conformance']
    .flatMap((name) => below(`packages/${name}/test`, '.test.ts'))
    .filter((file) => !file.includes('/test/integration/'));
}

/** Whether a test file is to notice what is wrong in a source file: those of its package, and for drivers the kit. */
export function isMeant(test: string, file: string): boolean {
  const [, of = ''] = test.split('/');
  const [, own = ''] = file.split('/');
  return of === own || (of === 'conformance' && own.startsWith('driver-'));
}

/** The areas in an order that a seed decides, and then everything else: in this order a run has time for them. */
export function areasInOrder(seed: number): readonly (readonly string[])[] {
  return [...shuffled(Object.values(AREAS), seed), ['packages']];
}

function below(folder: string, ending: string): readonly string[] {
  return readdirSync(join(TOP, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => `${folder}/${name}`)
    .sort();
}

export function isBelow(file: string, places: readonly string[]): boolean {
  return places.some((place) => file === place || file.startsWith(`${place}/`));
}

/** Everything that may be changed in these files. */
export function mutantsIn(files: readonly string[]): readonly Mutant[] {
  return files.flatMap((file) => mutantsOf(file, readFileSync(join(TOP, file), 'utf8')));
}
