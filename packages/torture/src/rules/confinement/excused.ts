/** Entries that no probe notices, and why they are there all the same. */
import type { Entry } from './entries.ts';

const EXCUSED: readonly (readonly [pattern: RegExp, reason: string])[] = [
  [
    /^the rule of devices$/,
    'runc forbids all other devices also without it; the specification of OCI does not say so, and crun is another program',
  ],
  [
    /^the architecture SCMP_ARCH_X86_64$/,
    'libseccomp adds that of the running program; the specification of OCI does not say so',
  ],
  [
    /^the option mode=\d+ of /,
    'runc 1.1 gives a mount the mode of the directory of the host below it, whatever the option says; the specification of OCI has the option, and other runtimes take it',
  ],
  [
    /^the set of effective capabilities$/,
    "the runtime's last steps work with it; the command of a root gets the permitted ones instead (capabilities(7))",
  ],
];

export function reasonFor({ name }: Entry): string | undefined {
  return EXCUSED.find(([pattern]) => pattern.test(name))?.[1];
}
