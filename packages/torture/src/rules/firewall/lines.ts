/** The lines of a table as nft(8) lists it, and the table without one of them. Pure. */

/** What can be left out of a table: a rule, an element of a set, or what a chain does at its end. */
export interface Line {
  readonly what: 'rule' | 'element' | 'policy';
  /** Which one it is, as it is shown. */
  readonly name: string;
  /** The same for all lines that differ in names and addresses only. */
  readonly kind: string;
  /** The table without it. */
  readonly without: string;
}

/** A table on which {@link linesOf} works: with the elements of each set in one line. */
export function joined(listing: string): string {
  return listing.replaceAll(/,\n\s+/g, ', ');
}

/** All lines of a table. */
export function linesOf(listing: string): readonly Line[] {
  const rows = joined(listing).split('\n');
  const table = /^table (\S+)/.exec(listing)?.[1] ?? '';
  let block = '';
  return rows.flatMap((row, index) => {
    block = /^\t((?:chain|set|map) \S+) \{$/.exec(row)?.[1] ?? block;
    const place = `${table} ${block}`;
    return variantsOf(row).map(({ what, part, rest }): Line => {
      const others = rest === undefined ? [] : [rest];
      return {
        what,
        name: `${place}: ${part}`,
        kind: `${placeOf(place)}: ${anonymous(part)}`,
        without: [...rows.slice(0, index), ...others, ...rows.slice(index + 1)].join('\n'),
      };
    });
  });
}

interface Variant {
  readonly what: Line['what'];
  readonly part: string;
  /** What stays of the row, if anything. */
  readonly rest?: string;
}

function variantsOf(row: string): readonly Variant[] {
  if (!row.startsWith('\t\t')) return [];
  const text = row.trim();
  if (text.startsWith('elements = ')) return membersOf(row, 'element');
  if (text.includes(' hook ')) {
    const rest = row.replace('policy accept', 'policy drop');
    return [{ what: 'policy', part: /policy \w+/.exec(row)?.[0] ?? '', rest }];
  }
  if (/^(type|typeof|flags) /.test(text)) return [];
  return [{ what: 'rule', part: text }, ...membersOf(row, 'rule')];
}

/** What stands in braces in a row, each left out once. A rule without any is left out as a whole anyway. */
function membersOf(row: string, what: 'element' | 'rule'): readonly Variant[] {
  return [...row.matchAll(/\{ (.*?) \}/g)].flatMap(({ 0: braces, 1: inside = '', index }) => {
    const members = inside.split(', ');
    if (members.length === 1) return what === 'element' ? [{ what, part: inside }] : [];
    return members.map((member): Variant => {
      const others = members.filter((one) => one !== member).join(', ');
      const rest = `${row.slice(0, index)}{ ${others} }${row.slice(index + braces.length)}`;
      return { what, part: what === 'element' ? member : `${member} of ${row.trim()}`, rest };
    });
  });
}

function placeOf(place: string): string {
  return place
    .replace(/rules_\w+/, 'rules_VERSION')
    .replace(/internal_[0-9a-f]{12}/, 'internal_ID');
}

function anonymous(text: string): string {
  return text
    .replace(/ comment ".*"$/, '')
    .replaceAll(/\b([0-9a-f]{2}:){5}[0-9a-f]{2}\b/g, 'MAC')
    .replaceAll(/0x[0-9a-f]{12,}/g, 'BITS')
    .replaceAll(/internal_[0-9a-f]{12}/g, 'internal_ID')
    .replaceAll(/"kl([nce])[0-9a-f]{8,}"/g, '"kl$1…"')
    .replaceAll(/\b(10|192|172)(\.\d+){3}(\/\d+)?/g, 'V4')
    .replaceAll(/\b(fd|2001:)[0-9a-f:]*(\/\d+)?/g, 'V6')
    .replaceAll(/& (255|[0-9a-f]{4}:)[0-9a-f.:]*/g, '& MASK')
    .replaceAll(/\b(tcp|udp) \. \d+/g, 'PORT')
    .replaceAll(/V([46]) \. \d+/g, 'V$1 . PORT');
}
