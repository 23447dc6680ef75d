/** What a kernel with libseccomp's filter would answer to a system call: seccomp(2), seccomp_rule_add(3). */
import type { SeccompProfile } from '../../src/linux/seccomp.ts';

/** The error number, or `passes`. The first rule that matches decides; here no two with different errors do. */
export function answerTo(
  { defaultAction, syscalls }: SeccompProfile,
  name: string,
  ...args: readonly number[]
): number | 'passes' | 'EPERM by default' {
  for (const { names, args: tests = [], errnoRet } of syscalls) {
    const isMet = tests.every(({ index, value, valueTwo, op }) => {
      const given = BigInt(args[index] ?? 0);
      if (op === 'SCMP_CMP_GT') return given > BigInt(value);
      if (op === 'SCMP_CMP_EQ') return given === BigInt(value);
      return (given & BigInt(value)) === BigInt(valueTwo ?? 0);
    });
    // Without a number, runc and crun answer EPERM.
    if (names.includes(name) && isMet) return errnoRet ?? 1;
  }
  return defaultAction === 'SCMP_ACT_ALLOW' ? 'passes' : 'EPERM by default';
}
