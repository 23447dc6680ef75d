/** Tells texts that are addresses from others, as isIP() of node:net does, which Bun needs 4 ms to load. */

const BYTE = '(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
const IPV4 = new RegExp(`^${BYTE}(?:\\.${BYTE}){3}$`);
const GROUP = /^[0-9a-f]{1,4}$/i;

/** An IPv6 address has so many groups of 16 bits. */
const GROUPS = 8;

/** 4 or 6, and 0 for what is not an address. A zone (`fe80::1%em0`) is not part of one. */
export function ipVersion(text: string): 0 | 4 | 6 {
  if (IPV4.test(text)) return 4;
  return isIpv6(text) ? 6 : 0;
}

/** RFC 4291, 2.2: groups, of which `::` stands for one or more that are zero, and the last two may be a dotted quad. */
function isIpv6(text: string): boolean {
  const [before = '', after, ...more] = text.split('::');
  if (more.length > 0) return false;
  const groups = [...groupsOf(before), ...groupsOf(after ?? '')];
  const tail = groups.at(-1) ?? '';
  const isMixed = text.endsWith(tail) && IPV4.test(tail);
  const count = groups.length + (isMixed ? 1 : 0);
  return (
    (after === undefined ? count === GROUPS : count < GROUPS) &&
    (isMixed ? groups.slice(0, -1) : groups).every((group) => GROUP.test(group))
  );
}

function groupsOf(text: string): readonly string[] {
  return text === '' ? [] : text.split(':');
}
