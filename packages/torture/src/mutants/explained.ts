/** Mutants that no test can notice, or that none should, each with the reason. */

export interface Explained {
  readonly file: string;
  /** The function around the code; `''` at the top of the file. */
  readonly within: string;
  /** The code that is changed, with single spaces. */
  readonly code: string;
  /** What it becomes; any change of exactly this code where it is not given. */
  readonly becomes?: string;
  readonly why: string;
}

const SECCOMP = 'packages/platform/src/linux/seccomp.ts';
const ALLOCATOR = 'packages/core/src/allocator';

export const EXPLAINED: readonly Explained[] = [
  {
    file: `${ALLOCATOR}/spans.ts`,
    within: 'intersect',
    code: 'a.first > b.first',
    becomes: 'a.first >= b.first',
    why: 'of two equal numbers either is right',
  },
  {
    file: `${ALLOCATOR}/spans.ts`,
    within: 'intersect',
    code: 'a.last < b.last',
    becomes: 'a.last <= b.last',
    why: 'of two equal numbers either is right',
  },
  {
    file: `${ALLOCATOR}/spans.ts`,
    within: 'union',
    code: 'span.last > previous.last',
    becomes: 'span.last >= previous.last',
    why: 'where both end at the same address, the merged span is the previous one',
  },
  {
    file: `${ALLOCATOR}/leased-spans.ts`,
    within: 'leasedWithin',
    code: '1n',
    becomes: '2n',
    why: 'the address below a leased span is not leased, or it would belong to the span',
  },
  {
    file: `${ALLOCATOR}/leased-spans.ts`,
    within: 'nextFree',
    code: 'start <= bounds.first',
    becomes: 'start < bounds.first',
    why: 'from the first address on, the search is the same either way, with an empty second part',
  },
  {
    file: `${ALLOCATOR}/request.ts`,
    within: 'CHOOSE_OTHER',
    code: "'request another address, or none to get a free one'",
    why: 'it is the wording of a hint',
  },
  {
    file: 'packages/platform/src/linux/oci-config.ts',
    within: 'consoleSize',
    code: '{}',
    becomes: '(undefined as never)',
    why: 'it is spread into an object, and undefined adds nothing there either',
  },
  ...(
    [
      ['seccompProfile', 'errnoRet: EPERM'],
      ['denyCloneFlag', 'errnoRet: EPERM,'],
    ] as const
  ).map(([within, code]) => ({
    file: SECCOMP,
    within,
    code,
    becomes: '',
    why: 'the OCI specification has EPERM as the default',
  })),
  {
    file: 'packages/platform/src/freebsd/jail-parameters.ts',
    within: 'REFUSED',
    code: '}, and checks what it shows`',
    why: 'it is the wording of a reason',
  },
];
