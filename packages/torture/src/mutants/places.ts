/** Which sources are changed, and where no change may go unnoticed. */
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { mutantsOf } from './mutate.ts';
import type { Mutant } from './mutant.ts';

export const TOP: string = join(import.meta.dirname, '../../../..');

const PACKAGES = ['core', 'store-sqlite', 'platform', 'driver-ipnet', 'driver-vnet'];

/** Here every mutant is noticed or explained: what gives addresses, and what confines. */
export const HELD: readonly string[] = [
  'packages/core/src/allocator',
  'packages/platform/src/linux/oci-config.ts',
  'packages/platform/src/linux/seccomp.ts',
  'packages/platform/src/freebsd/jail-parameters.ts',
];

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
