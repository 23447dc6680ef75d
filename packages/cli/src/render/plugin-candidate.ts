import type { Candidate } from '@kleenet/host/installer';
import { printable } from './printable.ts';

/** The facts to show before a plugin is added. */
export function describeCandidate(candidate: Candidate): readonly string[] {
  const { linkedTo, plugin, replaces } = candidate;
  const { name, version, description, drivers, privileges } = plugin;
  const instead = replaces === undefined ? '' : `, in place of ${replaces}`;
  return [
    `${name} ${version}${instead}`,
    ...(description === '' ? [] : [`  ${printable(description)}`]),
    ...drivers.map(
      (driver) => `  driver ${driver.name} (${driver.platforms.join(', ')}): ${driver.description}`,
    ),
    ...(privileges.length === 0
      ? ['  declares no privileges beyond running host commands']
      : privileges.map((privilege) => `  declares: ${privilege}`)),
    "Its code runs inside klee with all of klee's privileges. klee does not enforce what a plugin declares.",
    ...(linkedTo === undefined
      ? []
      : [
          `It is used from ${printable(linkedTo)}, without a copy: a user who can change anything there runs code as the user who runs klee.`,
        ]),
  ];
}
