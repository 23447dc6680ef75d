/** Whole rulesets of pf.conf(5). */
import { parseAddress } from '../address.ts';
import type { Stack } from '../state.ts';
import type { Part } from './rule.ts';
import { parseRule } from './rule.ts';
import { Cursor, PfError, syntaxError, tokenize } from './tokens.ts';

interface TableDefinition {
  readonly name: string;
  readonly persist: boolean;
  /** Absent where the definition says nothing of addresses. */
  readonly addresses?: readonly string[];
}

export interface Ruleset {
  /** With `-v`: every statement, in its order. */
  readonly shown: readonly string[];
  readonly nat: readonly string[];
  readonly rules: readonly string[];
  readonly tables: readonly TableDefinition[];
  readonly skip: readonly string[];
}

const ORDER: readonly Part[] = ['options', 'normalization', 'translation', 'filtering'];

const OUT_OF_ORDER =
  'Rules must be in order: options, normalization, queueing, translation, filtering';

/** A ruleset, or its error in the words of pfctl(8). */
export function parseRuleset(
  text: string,
  origin: string,
  stack: Stack,
): Ruleset | { readonly errors: readonly string[] } {
  const reader = new Reader(stack);
  const errors: string[] = [];
  for (const { line, number, ended } of logicalLines(text)) {
    try {
      if (line.trim() !== '' && !ended) throw syntaxError();
      reader.read(line);
    } catch (error) {
      if (!(error instanceof PfError)) throw error;
      errors.push(...located(error.message, `${origin}:${number}: `));
    }
  }
  return errors.length === 0 ? reader.result() : { errors };
}

/** Some refusals begin with a line without a position; an undefined macro makes the line wrong, too. */
function located(message: string, place: string): readonly string[] {
  if (message.startsWith('\0')) {
    const [, first = '', second = ''] = message.split('\0');
    return [first, `${place}${second}`];
  }
  const also = message.startsWith('macro ') ? [`${place}syntax error`] : [];
  return [`${place}${message}`, ...also];
}

function logicalLines(
  text: string,
): readonly { readonly line: string; readonly number: number; readonly ended: boolean }[] {
  const lines = text.split('\n');
  const found: { line: string; number: number; ended: boolean }[] = [];
  let pending = '';
  for (const [index, line] of lines.entries()) {
    if (line.endsWith('\\')) pending += `${line.slice(0, -1)} `;
    else {
      found.push({ line: pending + line, number: index + 1, ended: index < lines.length - 1 });
      pending = '';
    }
  }
  return found;
}

class Reader {
  readonly #stack: Stack;
  readonly #macros = new Map<string, string>();
  readonly #shown: string[] = [];
  readonly #nat: string[] = [];
  readonly #rules: string[] = [];
  readonly #tables: TableDefinition[] = [];
  readonly #skip: string[] = [];
  #part: Part = 'options';

  constructor(stack: Stack) {
    this.#stack = stack;
  }

  result(): Ruleset {
    return {
      shown: this.#shown,
      nat: this.#nat,
      rules: this.#rules,
      tables: this.#tables,
      skip: this.#skip,
    };
  }

  /** @throws PfError */
  read(line: string): void {
    const macro = /^\s*([A-Za-z_]\w*)\s*=\s*(.*?)\s*$/.exec(line);
    if (macro !== null) return this.#readMacro(macro[1] ?? '', macro[2] ?? '');
    const cursor = new Cursor(tokenize(line, this.#macros));
    if (cursor.done) return;
    if (cursor.accept('set')) return this.#readOption(cursor);
    if (cursor.accept('table')) return this.#readTable(cursor);
    const { part, lines } = parseRule(cursor, this.#stack);
    this.#enter(part);
    this.#shown.push(...lines);
    (part === 'translation' ? this.#nat : this.#rules).push(...lines);
  }

  #readMacro(name: string, value: string): void {
    const plain = value.replace(/^"(.*)"$/, '$1');
    this.#macros.set(name, plain);
    this.#shown.push(`${name} = "${plain}"`);
  }

  #enter(part: Part): void {
    if (ORDER.indexOf(part) < ORDER.indexOf(this.#part)) throw new PfError(OUT_OF_ORDER);
    this.#part = part;
  }

  #readOption(cursor: Cursor): void {
    this.#enter('options');
    if (!cursor.accept('skip')) {
      const words: string[] = [];
      while (!cursor.done) words.push(cursor.word());
      this.#shown.push(`set ${words.join(' ')}`);
      return;
    }
    cursor.expect('on');
    const names = cursor.list(() => cursor.word());
    this.#skip.push(...names);
    this.#shown.push(`set skip on { ${names.join(' ')} }`);
  }

  #readTable(cursor: Cursor): void {
    cursor.expect('<');
    const name = cursor.word();
    cursor.expect('>');
    const words = new Set<string>();
    for (let word = cursor.oneOf(TABLE_WORDS); word !== undefined; word = cursor.oneOf(TABLE_WORDS))
      words.add(word);
    const addresses = cursor.peek() === '{' ? cursor.list(() => tableAddress(cursor)) : undefined;
    if (!cursor.done) throw syntaxError();
    this.#tables.push({
      name,
      persist: words.has('persist'),
      ...(addresses === undefined ? {} : { addresses }),
    });
    const list = addresses === undefined ? '' : ` { ${addresses.join(' ')} }`;
    this.#shown.push(`table <${name}>${[...words].map((word) => ` ${word}`).join('')}${list}`);
  }
}

const TABLE_WORDS = ['persist', 'const', 'counters'] as const;

function tableAddress(cursor: Cursor): string {
  const not = cursor.accept('!') ? '!' : '';
  return not + canonicalEntry(cursor.word());
}

/** An address or subnet, as tables show it. @throws PfError */
export function canonicalEntry(text: string): string {
  const [plain = '', width] = text.split('/', 2);
  const address = parseAddress(plain);
  if (address === undefined)
    throw new PfError(`\0no IP address found for ${text}\0could not parse host specification`);
  const single = width === undefined || Number(width) === (address.includes(':') ? 128 : 32);
  return single ? address : `${address}/${width}`;
}
