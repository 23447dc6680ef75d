/**
 * Reads the subset of pf.conf(5) that klee writes, and what pfctl(8) shows of it. What it does not know is an error: so the
 * text is checked as well.
 */
import { BlockList, isIP } from 'node:net';

/** Where a packet comes from or goes to, as a rule has it. */
export interface Hosts {
  readonly not: boolean;
  /** Any of these; none of them means any address. */
  readonly alternatives: readonly Host[];
  readonly ports?: readonly [number, number];
}

export type Host =
  | { readonly kind: 'subnet'; readonly subnet: string }
  | { readonly kind: 'table'; readonly name: string }
  /** The addresses of an interface, or of all for `self`; with `first` only the first one. */
  | { readonly kind: 'dynamic'; readonly name: string; readonly first: boolean };

export interface PfRule {
  readonly text: string;
  readonly action: 'pass' | 'block' | 'nat' | 'no nat' | 'rdr' | 'no rdr';
  readonly direction?: 'in' | 'out';
  readonly quick: boolean;
  readonly on?: { readonly not: boolean; readonly name: string };
  readonly family?: 'inet' | 'inet6';
  readonly protocol?: string;
  readonly from: Hosts;
  readonly to: Hosts;
  readonly icmpTypes?: readonly number[];
  readonly state: boolean;
  readonly tag?: string;
  readonly tagged?: string;
  readonly target?: { readonly host: Host; readonly port?: number };
}

export interface PfRules {
  readonly tables: ReadonlyMap<string, readonly string[]>;
  readonly translation: readonly PfRule[];
  readonly filter: readonly PfRule[];
}

const parsed = new Map<string, PfRules>();

export function parseRules(text: string): PfRules {
  const rules = parsed.get(text) ?? parseText(text);
  parsed.set(text, rules);
  return rules;
}

function parseText(text: string): PfRules {
  if (text !== '' && !text.endsWith('\n')) throw new Error('no final newline');
  const tables = new Map<string, readonly string[]>();
  const rules: PfRule[] = [];
  for (const line of text.split('\n').filter((one) => one !== '' && !one.startsWith('#'))) {
    const table = /^table <(\w{1,31})>(?: \{ (.*?) ?\})?$/.exec(line);
    if (table !== null) tables.set(table[1] ?? '', (table[2] ?? '').split(', ').filter(Boolean));
    else rules.push(parseRule(line));
  }
  const filter = rules.filter(({ action }) => action === 'pass' || action === 'block');
  const translation = rules.filter((rule) => !filter.includes(rule));
  const lastTranslation = rules.findLastIndex((rule) => translation.includes(rule));
  if (lastTranslation >= translation.length) throw new Error('rules must be in order');
  return { tables, translation, filter };
}

/** The words of a line, one after the other. */
class Words {
  readonly line: string;
  readonly #words: string[];

  constructor(line: string) {
    this.line = line;
    this.#words = line.match(/"[^"]*"|[{}!,]|\([^)]*\)|<\w+>|->|[^\s{},!<>()]+/g) ?? [];
    if (this.#words.join('') !== line.replaceAll(' ', '')) throw this.error('cannot split');
  }

  get done(): boolean {
    return this.#words.length === 0;
  }

  error(what: string): Error {
    return new Error(`${what}: ${this.line}`);
  }

  take(): string {
    const word = this.#words.shift();
    if (word === undefined) throw this.error('ends too early');
    return word;
  }

  /** Takes these words if they are next. */
  maybe(...words: readonly string[]): boolean {
    if (!words.every((word, index) => this.#words[index] === word)) return false;
    this.#words.splice(0, words.length);
    return true;
  }

  expect(word: string): void {
    if (!this.maybe(word)) throw this.error(`expected ${word}`);
  }

  list(): readonly string[] {
    if (!this.maybe('{')) return [this.take()];
    const items: string[] = [];
    while (!this.maybe('}')) if (!this.maybe(',')) items.push(this.take());
    return items;
  }
}

function parseRule(line: string): PfRule {
  const words = new Words(line);
  const action = actionOf(words);
  const filters = action === 'pass' || action === 'block';
  const direction = filters ? directionOf(words) : undefined;
  const quick = filters && words.maybe('quick');
  const on = words.maybe('on') ? { not: words.maybe('!'), name: bare(words.take()) } : undefined;
  const family = words.maybe('inet') ? 'inet' : words.maybe('inet6') ? 'inet6' : undefined;
  const protocol = words.maybe('proto') ? protocolOf(words.take()) : undefined;
  const { from, to } = endsOf(words);
  if ((from.ports ?? to.ports) !== undefined && protocol !== 'tcp' && protocol !== 'udp')
    throw words.error('port only applies to tcp/udp');
  // pfctl says what is so by default.
  words.maybe('flags', 'S/SA');
  const icmpTypes = words.maybe('icmp6-type') ? words.list().map(icmpTypeOf) : undefined;
  if (icmpTypes !== undefined && (protocol !== '58' || family !== 'inet6'))
    throw words.error('icmp6-type without its protocol and family');
  const state = filters && action === 'pass' && !words.maybe('no', 'state');
  words.maybe('keep', 'state');
  if (words.maybe('label') && !/^"[^"]{1,63}"$/.test(words.take())) throw words.error('bad label');
  const tag = words.maybe('tag') ? words.take() : undefined;
  const tagged = words.maybe('tagged') ? words.take() : undefined;
  const target = words.maybe('->') ? targetOf(words) : undefined;
  if ((target !== undefined) !== (action === 'nat' || action === 'rdr'))
    throw words.error('translation to nothing');
  if (!words.done) throw words.error(`unknown word ${words.take()}`);
  return {
    text: line,
    action,
    quick,
    from,
    to,
    state,
    ...(direction === undefined ? {} : { direction }),
    ...(on === undefined ? {} : { on }),
    ...(family === undefined ? {} : { family }),
    ...(protocol === undefined ? {} : { protocol }),
    ...(icmpTypes === undefined ? {} : { icmpTypes }),
    ...(tag === undefined ? {} : { tag }),
    ...(tagged === undefined ? {} : { tagged }),
    ...(target === undefined ? {} : { target }),
  };
}

function actionOf(words: Words): PfRule['action'] {
  if (words.maybe('pass')) return 'pass';
  if (words.maybe('block', 'drop')) return 'block';
  for (const action of ['nat', 'rdr'] as const) {
    if (words.maybe(action)) return action;
    if (words.maybe('no', action)) return `no ${action}`;
  }
  throw words.error('unknown rule');
}

function directionOf(words: Words): PfRule['direction'] {
  return words.maybe('in') ? 'in' : words.maybe('out') ? 'out' : undefined;
}

function protocolOf(word: string): string {
  return word === 'ipv6-icmp' ? '58' : word;
}

const ICMP_TYPES: Readonly<Record<string, number>> = {
  echoreq: 128,
  echorep: 129,
  neighbrsol: 135,
  neighbradv: 136,
};

function icmpTypeOf(word: string): number {
  return ICMP_TYPES[word] ?? Number(word);
}

function endsOf(words: Words): { readonly from: Hosts; readonly to: Hosts } {
  if (words.maybe('all')) return { from: ANY, to: ANY };
  words.expect('from');
  const from = hostsOf(words);
  words.expect('to');
  return { from, to: hostsOf(words) };
}

const ANY: Hosts = { not: false, alternatives: [] };

function hostsOf(words: Words): Hosts {
  const not = words.maybe('!');
  const list = words.list();
  if (not && list.length !== 1) throw words.error('a negated list means something else');
  const alternatives = list.filter((word) => word !== 'any').map(hostOf);
  const range = words.maybe('port') ? rangeOf(words) : undefined;
  if (range === undefined) return { not, alternatives };
  return { not, alternatives, ports: [range[0] ?? 0, range.at(-1) ?? 0] };
}

function rangeOf(words: Words): number[] {
  words.maybe('=');
  const range = words.take().split(':').map(Number);
  // pfctl has names for some.
  if (range.some(Number.isNaN)) throw words.error('no port');
  return range;
}

function hostOf(word: string): Host {
  if (word.startsWith('<')) return { kind: 'table', name: word.slice(1, -1) };
  if (!word.startsWith('(')) {
    const [address = '', prefix = isIP(address) === 4 ? '32' : '128'] = word.split('/');
    if (isIP(address) === 0) throw new Error(`no address: ${word}`);
    return { kind: 'subnet', subnet: `${address}/${prefix}` };
  }
  const [name = '', modifier] = bare(word.slice(1, -1)).split(':');
  return { kind: 'dynamic', name, first: modifier === '0' };
}

function targetOf(words: Words): NonNullable<PfRule['target']> {
  const host = hostOf(words.take());
  const port = words.maybe('port') ? Number(words.take().split(':')[0]) : undefined;
  words.maybe('round-robin');
  return port === undefined ? { host } : { host, port };
}

function bare(word: string): string {
  return word.replaceAll('"', '');
}

const lists = new Map<string, BlockList>();

export function inSubnet(address: string, subnet: string): boolean {
  const [network = '', prefix = ''] = subnet.split('/');
  if (network.includes(':') !== address.includes(':')) return false;
  const type = network.includes(':') ? 'ipv6' : 'ipv4';
  const list = lists.get(subnet) ?? new BlockList();
  if (!lists.has(subnet)) {
    list.addSubnet(network, Number(prefix), type);
    lists.set(subnet, list);
  }
  return list.check(address, type);
}
