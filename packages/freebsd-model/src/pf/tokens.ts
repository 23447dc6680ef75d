/** The words of pf.conf(5). */

export interface Token {
  readonly text: string;
  readonly quoted: boolean;
}

/** Refuses a ruleset in the words of pfctl(8), without the position. */
export class PfError extends Error {}

const SYNTAX = 'syntax error';

export function syntaxError(): PfError {
  return new PfError(SYNTAX);
}

const TOKEN = /\s*(?:"([^"]*)"|(->|[{}(),=]|[!<>]=?)|([^\s"{}(),=!<>#]+))/y;

/** Splits a line into words, and expands macros. @throws PfError */
export function tokenize(line: string, macros: ReadonlyMap<string, string>): readonly Token[] {
  const tokens: Token[] = [];
  const text = line.replace(/#.*$/, '').trimEnd();
  let position = 0;
  while (position < text.length) {
    TOKEN.lastIndex = position;
    const match = TOKEN.exec(text);
    if (match === null) throw syntaxError();
    position = TOKEN.lastIndex;
    const [, quoted, mark, word] = match;
    if (word?.startsWith('$') === true) tokens.push(...valueOf(word.slice(1), macros));
    else tokens.push({ text: quoted ?? mark ?? word ?? '', quoted: quoted !== undefined });
  }
  return tokens;
}

function valueOf(name: string, macros: ReadonlyMap<string, string>): readonly Token[] {
  const value = macros.get(name);
  if (value === undefined) throw new PfError(`macro '${name}' not defined`);
  return tokenize(value, macros);
}

/** Reads words one after the other. */
export class Cursor {
  readonly #tokens: readonly Token[];
  #position = 0;

  constructor(tokens: readonly Token[]) {
    this.#tokens = tokens;
  }

  get done(): boolean {
    return this.#position >= this.#tokens.length;
  }

  /** The next word, if it is not quoted. */
  peek(): string | undefined {
    const token = this.#tokens[this.#position];
    return token === undefined || token.quoted ? undefined : token.text;
  }

  /** Takes the next word if it is this one. */
  accept(text: string): boolean {
    if (this.peek() !== text) return false;
    this.#position += 1;
    return true;
  }

  /** Takes the next word if it is one of these. */
  oneOf<T extends string>(words: readonly T[]): T | undefined {
    const found = words.find((word) => word === this.peek());
    if (found !== undefined) this.#position += 1;
    return found;
  }

  /** @throws PfError */
  expect(text: string): void {
    if (!this.accept(text)) throw syntaxError();
  }

  /** Takes a word or a quoted text. @throws PfError */
  word(): string {
    const token = this.#tokens[this.#position];
    if (token === undefined || (!token.quoted && /^(->|[{}(),=<>!])/.test(token.text)))
      throw syntaxError();
    this.#position += 1;
    return token.text;
  }

  /** One item, or several in braces with commas or spaces between them. */
  list<T>(item: () => T): readonly T[] {
    if (!this.accept('{')) return [item()];
    const items: T[] = [];
    while (!this.accept('}')) {
      items.push(item());
      this.accept(',');
    }
    return items;
  }
}
