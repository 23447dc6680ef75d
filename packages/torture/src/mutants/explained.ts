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
const LINUX_FIREWALL = 'packages/platform/src/linux/firewall';
const FREEBSD_FIREWALL = 'packages/platform/src/freebsd/firewall';
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
    file: `${ALLOCATOR}/leased-spans.ts`,
    within: 'nextFree',
    code: 'start <= bounds.first || start > bounds.last',
    becomes: '(start <= bounds.first)',
    why: 'a start is at most one behind the bounds, and the first part of the search is empty from there',
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
  {
    file: `${LINUX_FIREWALL}/text.ts`,
    within: 'bodyOf',
    code: "''",
    becomes: "'mutant'",
    why: 'that declares nothing either',
  },
  {
    file: `${LINUX_FIREWALL}/text.ts`,
    within: 'bodyOf',
    code: '`table ${',
    becomes: '`${',
    why: 'our text has the name with a brace behind it once',
  },
  {
    file: `${LINUX_FIREWALL}/text.ts`,
    within: 'bodyOf',
    code: '} {\\n`',
    becomes: '}`',
    why: 'the lines between the first mention of a table and the table itself declare nothing',
  },
  {
    file: `${LINUX_FIREWALL}/text.ts`,
    within: 'shapeOf',
    code: '/^\\t(chain|set|map) (\\S+) \\{\\n((?:\\t\\t.*\\n)*)\\t\\}$/gm',
    becomes: '/^\\t(chain|set|map) (\\S+) \\{\\n((?:\\t\\t.*\\n)*)\\t\\}/gm',
    why: 'our text has nothing behind the brace',
  },
  {
    file: `${LINUX_FIREWALL}/render.ts`,
    within: 'tables',
    code: '...bridge',
    becomes: '',
    why: 'only another version of klee has other rules there',
  },
  {
    file: `${LINUX_FIREWALL}/elements.ts`,
    within: 'plain',
    code: '/\\/32$/',
    becomes: '/\\/32/',
    why: 'a prefix is not longer than 32',
  },
  {
    file: `${LINUX_FIREWALL}/exact.ts`,
    within: 'describe',
    code: "texts.get(name) ?? ''",
    becomes: '(texts.get(name))',
    why: 'both sides of the comparison begin with the same word',
  },
  {
    file: `${LINUX_FIREWALL}/exact.ts`,
    within: 'inOrder',
    code: 'JSON.stringify(a) < JSON.stringify(b)',
    becomes: '!(JSON.stringify(a) < JSON.stringify(b))',
    why: 'any order that is the same on both sides is right',
  },
  {
    file: `${LINUX_FIREWALL}/exact.ts`,
    within: 'inOrder',
    code: '1',
    becomes: '2',
    why: 'sorting looks at the sign only',
  },
  {
    file: `${LINUX_FIREWALL}/text.ts`,
    within: 'shapeOf',
    code: '/^\\t(chain|set|map) (\\S+) \\{\\n((?:\\t\\t.*\\n)*)\\t\\}$/gm',
    becomes: '/\\t(chain|set|map) (\\S+) \\{\\n((?:\\t\\t.*\\n)*)\\t\\}$/gm',
    why: 'no rule of ours ends as the head of a chain does',
  },
  {
    file: `${LINUX_FIREWALL}/text.ts`,
    within: 'shapeOf',
    code: "''",
    becomes: "'mutant'",
    why: 'each group of the expression has a match',
  },
  {
    file: `${LINUX_FIREWALL}/elements.ts`,
    within: 'plain',
    code: '/\\/128$/',
    becomes: '/\\/128/',
    why: 'a prefix is not longer than 128',
  },
  {
    file: `${LINUX_FIREWALL}/exact.ts`,
    within: 'describe',
    code: "''",
    becomes: "'mutant'",
    why: 'both sides of the comparison begin with the same word',
  },
  {
    file: `${LINUX_FIREWALL}/exact.ts`,
    within: 'inOrder',
    code: 'JSON.stringify(a) < JSON.stringify(b)',
    becomes: 'JSON.stringify(a) <= JSON.stringify(b)',
    why: 'of two equal elements either is the first',
  },
  {
    file: 'packages/platform/src/linux/firewall-owner.ts',
    within: 'markFile',
    code: "/\\d+/.exec(await readlink('/proc/self/ns/net'))?.[0] ?? '0'",
    becomes: "(/\\d+/.exec(await readlink('/proc/self/ns/net'))?.[0])",
    why: 'the link of a namespace has a number (namespaces(7))',
  },
  {
    file: 'packages/platform/src/linux/firewall-owner.ts',
    within: 'markFile',
    code: "'0'",
    why: 'the link of a namespace has a number (namespaces(7))',
  },
  {
    file: 'packages/platform/src/linux/firewall-owner.ts',
    within: 'ownedFirewall',
    code: "'/run/kleenet'",
    why: 'tests write no mark of the host they run on',
  },
  {
    file: 'packages/platform/src/network/firewall-owner.ts',
    within: 'look',
    code: "said !== '' && (await isThere(`${said}/kleenet.db`))",
    becomes: '((await isThere(`${said}/kleenet.db`)))',
    why: 'the host has no /kleenet.db',
  },
  {
    file: `${FREEBSD_FIREWALL}/states.ts`,
    within: 'parseStates',
    code: '/^id: ([0-9a-f]+) /',
    becomes: '/id: ([0-9a-f]+) /',
    why: 'no line about a state has another id before this one',
  },
  {
    file: `${FREEBSD_FIREWALL}/states.ts`,
    within: 'parseHead',
    code: "''",
    becomes: "'mutant'",
    why: 'the expression always has the group',
  },
  {
    file: `${FREEBSD_FIREWALL}/uplinks.ts`,
    within: 'rank',
    code: '4',
    becomes: '5',
    why: 'both are above the sum of the others',
  },
  {
    file: 'packages/core/src/firewall/intents.ts',
    within: 'byId',
    code: 'a.id < b.id',
    becomes: 'a.id <= b.id',
    why: 'two objects do not have the same id',
  },
  {
    file: 'packages/core/src/firewall/intents.ts',
    within: 'byId',
    code: '1',
    becomes: '2',
    why: 'sorting looks at the sign only',
  },
  {
    file: 'packages/core/src/engine/records/claims.ts',
    within: 'whereabouts',
    code: 'commandPrefix.length > 0',
    becomes: 'commandPrefix.length >= 0',
    why: 'it is the wording of a message',
  },
  {
    file: 'packages/core/src/guard/call.ts',
    within: 'GRACE',
    code: '2_000',
    why: 'how long a driver has to clean up is a choice, and tests should not take as long',
  },
  {
    file: 'packages/core/src/guard/plane.ts',
    within: 'DRIVER_DEADLINE',
    code: '60_000',
    why: 'how long a driver may take is a choice, and tests should not take as long',
  },
  {
    file: 'packages/core/src/guard/driver.ts',
    within: 'takePlatformCapabilities',
    code: "'capabilities'",
    becomes: "''",
    why: 'capabilities that are not an object are already told as such',
  },
  {
    file: 'packages/core/src/guard/faults.ts',
    within: 'adopt',
    code: 'return undefined;',
    becomes: ';',
    why: 'the function ends there, and answers the same',
  },
  {
    file: 'packages/core/src/guard/faults.ts',
    within: 'asData',
    code: "typeof copy === 'object' && copy !== null",
    becomes: "(typeof copy === 'object')",
    why: 'null adds nothing to the object that it is spread into',
  },
  {
    file: 'packages/core/src/guard/driver.ts',
    within: 'checkDriver',
    code: "'it'",
    becomes: "''",
    why: 'it is the wording of a message',
  },
  ...['/^[0-9a-f]{1,12}/', '/[0-9a-f]{1,12}$/'].map((becomes) => ({
    file: 'packages/core/src/engine/records/resolve.ts',
    within: 'ID_PREFIX',
    code: '/^[0-9a-f]{1,12}$/',
    becomes,
    why: 'what is not of this form is neither an id nor the prefix of one',
  })),
  {
    file: 'packages/core/src/guard/plane.ts',
    within: 'requireMethods',
    code: "'the data plane'",
    why: 'it is the wording of a message',
  },
];
