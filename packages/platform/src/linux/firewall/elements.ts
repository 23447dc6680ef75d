/** Elements of sets and maps, as klee writes them and as nft(8) returns them in JSON, normalised. Pure. */

/** An element as in a text of ours, for example `"eth0" . udp . 53 : fd01::2 . 80`. */
export function writtenElement(text: string): string {
  return text.replaceAll('"', '').split(' : ').map(joined).join(' : ');
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
  if (typeof value !== 'object' || value === null) return plain(String(value));
  const { concat, prefix, elem, goto: verdict }: JsonValue = value;
  if (concat !== undefined) return concat.map(valueOf).join(' . ');
  if (prefix !== undefined) return plain(`${prefix.addr}/${prefix.len}`);
  if (verdict !== undefined) return `goto ${verdict.target}`;
  // Other elements are not ours, and equal to none.
  return elem === undefined ? JSON.stringify(value) : valueOf(elem.val);
}

/** nft(8) omits the prefix length of a single address. */
function plain(word: string): string {
  return word.replace(word.includes(':') ? /\/128$/ : /\/32$/, '');
}
