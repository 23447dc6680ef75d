/** Elements of sets and maps, as klee writes them and as nft(8) returns them in JSON, normalised. Pure. */

/** An element as in a text of ours, for example `"eth0" . udp . 53 : fd01::2 . 80`. */
export function writtenElement(text: string): string {
  const bare = text.replaceAll('"', '');
  return bare.includes('/') ? bare.split(' : ').map(joined).join(' : ') : bare;
}

function joined(side: string): string {
  return side.split(' . ').map(plain).join(' . ');
}

/** An element in JSON (libnftables-json(5)): a value, or for a map a key and a value. */
export function loadedElement(element: unknown): string {
  return Array.isArray(element) ? element.map(valueOf).join(' : ') : valueOf(element);
}

interface JsonValue {
  readonly concat?: readonly unknown[];
  readonly prefix?: { readonly addr: string; readonly len: number };
  readonly elem?: { readonly val: unknown };
  readonly goto?: { readonly target: string };
}

function valueOf(value: unknown): string {
  if (typeof value === 'string') return plain(value);
  if (typeof value !== 'object' || value === null) return plain(String(value));
  const { concat, prefix, elem, goto: verdict }: JsonValue = value;
  if (concat !== undefined) return concat.map(valueOf).join(' . ');
  if (prefix !== undefined) return plain(`${prefix.addr}/${prefix.len}`);
  if (verdict !== undefined) return `goto ${verdict.target}`;
  // Other elements are not ours, and equal to none.
  return elem === undefined ? JSON.stringify(value) : valueOf(elem.val);
}

/** nft(8) omits the prefix length of a single address. There are thousands of words, and few have one. */
function plain(word: string): string {
  if (!word.includes('/')) return word;
  const single = word.includes(':') ? '/128' : '/32';
  return word.endsWith(single) ? word.slice(0, -single.length) : word;
}
