/** What real FreeBSD hosts answered, 13.2 and 15.1, in the order in which they were asked. */
import { readFileSync } from 'node:fs';

export interface Transcript {
  readonly section: string;
  readonly command: string;
  readonly exit_code: number;
  readonly stdout: string;
  readonly stderr: string;
}

const FIXTURES = ['freebsd-13.2.jsonl', 'freebsd-15.1.jsonl'];

/** All records; each section is of one host, and on a fresh boot. */
export function readTranscripts(): readonly Transcript[] {
  return FIXTURES.flatMap((name) =>
    readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Transcript),
  );
}

/** The words of a command line, or undefined when it takes a shell to understand it. */
export function wordsOf(command: string): readonly string[] | undefined {
  const words: string[] = [];
  const pattern = /\s*((?:'[^']*'|"[^"$`\\]*"|[^\s'"|&;<>$`()\\*?[\]#~])+)/y;
  let position = 0;
  while (position < command.length) {
    pattern.lastIndex = position;
    const word = pattern.exec(command)?.[1];
    if (word === undefined) return undefined;
    words.push(word.replaceAll(/'([^']*)'|"([^"]*)"/g, '$1$2'));
    position = pattern.lastIndex;
  }
  return words;
}

/** Puts the order of first appearance in place of what is random: MAC addresses, also inside link-local addresses. */
export class Names {
  readonly #known: string[] = [];

  hide(text: string): string {
    return text
      .replaceAll(
        /fe80::([0-9a-f:]*ff:fe[0-9a-f]{2}:[0-9a-f]{1,4})/g,
        (_, id: string) => `fe80::<${this.#number(macOf(id))}>`,
      )
      .replaceAll(/\b[0-9a-f]{2}(?:([:-])[0-9a-f]{2})(?:\1[0-9a-f]{2}){4}\b/g, (mac) =>
        mac.startsWith('00:00:00') ? mac : `<${this.#number(mac.replaceAll('-', ':'))}>`,
      );
  }

  #number(mac: string): number {
    if (!this.#known.includes(mac)) this.#known.push(mac);
    return this.#known.indexOf(mac);
  }
}

/** The MAC address that an interface identifier was made from (RFC 4291, appendix A). */
function macOf(identifier: string): string {
  const digits = identifier
    .split(':')
    .map((group) => group.padStart(4, '0'))
    .join('')
    .padStart(16, '0');
  const octets = (digits.slice(0, 6) + digits.slice(10)).match(/../g) ?? [];
  const first = (parseInt(octets[0] ?? '0', 16) ^ 2).toString(16).padStart(2, '0');
  return [first, ...octets.slice(1)].join(':');
}
