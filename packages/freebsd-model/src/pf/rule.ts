/** Rules of pf.conf(5): parsed, expanded, and written as pfctl shows them. */
import type { Family } from '@kleenet/core';
import type { Stack } from '../state.ts';
import { ANY, parseHosts, parsePorts, portNumber, portSpan, showHost } from './hosts.ts';
import type { Host } from './hosts.ts';
import { PfError, syntaxError } from './tokens.ts';
import type { Cursor } from './tokens.ts';

/** The part of a ruleset that a rule belongs to. */
export type Part = 'options' | 'normalization' | 'translation' | 'filtering';

export interface Rule {
  readonly part: Exclude<Part, 'options'>;
  /** One line for each combination of what the rule lists. */
  readonly lines: readonly string[];
}

const KINDS = {
  scrub: 'normalization',
  nat: 'translation',
  rdr: 'translation',
  binat: 'translation',
  'nat-anchor': 'translation',
  'rdr-anchor': 'translation',
  pass: 'filtering',
  block: 'filtering',
  anchor: 'filtering',
} as const;

type Kind = keyof typeof KINDS;

interface Draft {
  readonly kind: Kind;
  /** Everything up to the interface. */
  head: string;
  interfaces: readonly string[];
  family?: Family;
  protocols: readonly string[];
  from: readonly Host[];
  to: readonly Host[];
  fromPorts: readonly string[];
  toPorts: readonly string[];
  icmpTypes: readonly string[];
  state: 'default' | 'keep' | 'none';
  label: string;
  tag: string;
  tagged: string;
}

/** @throws PfError */
export function parseRule(cursor: Cursor, stack: Stack): Rule {
  const no = cursor.accept('no');
  const kind = cursor.oneOf(Object.keys(KINDS) as Kind[]);
  if (kind === undefined) throw syntaxError();
  const draft = parseMatch(cursor, stack, kind, no);
  const isTranslation = kind === 'nat' || kind === 'rdr' || kind === 'binat';
  const target = isTranslation && !no ? parseTarget(cursor, stack, draft) : '';
  if (!cursor.done) throw syntaxError();
  const lines = expand(draft).map((line) => `${line}${target}`);
  if (lines.length === 0) throw new PfError('rule expands to no valid combination');
  return { part: KINDS[kind], lines };
}

function parseMatch(cursor: Cursor, stack: Stack, kind: Kind, no: boolean): Draft {
  const draft: Draft = {
    kind,
    head: `${no ? 'no ' : ''}${kind}`,
    interfaces: [''],
    protocols: [''],
    from: [ANY],
    to: [ANY],
    fromPorts: [''],
    toPorts: [''],
    icmpTypes: [''],
    state: 'default',
    label: '',
    tag: '',
    tagged: '',
  };
  parseHead(cursor, draft);
  if (cursor.accept('on')) draft.interfaces = cursor.list(() => parseInterface(cursor));
  const family = cursor.oneOf(['inet', 'inet6']);
  if (family !== undefined) draft.family = family === 'inet' ? 'ipv4' : 'ipv6';
  if (cursor.accept('proto')) draft.protocols = cursor.list(() => protocolName(cursor.word()));
  parseEnds(cursor, stack, draft);
  while (parseOption(cursor, draft));
  return draft;
}

function parseHead(cursor: Cursor, draft: Draft): void {
  if (draft.kind.endsWith('anchor')) draft.head += ` "${cursor.word()}"`;
  if (draft.kind === 'block') draft.head += ` ${cursor.oneOf(['drop', 'return']) ?? 'drop'}`;
  if (cursor.peek() === 'pass' && draft.head !== 'pass') {
    cursor.accept('pass');
    draft.head += ' pass';
  }
  for (const words of [['in', 'out'], ['log'], ['quick']]) {
    const word = cursor.oneOf(words);
    if (word !== undefined) draft.head += ` ${word}`;
  }
}

function parseInterface(cursor: Cursor): string {
  const not = cursor.accept('!') ? '! ' : '';
  return ` on ${not}${cursor.word()}`;
}

/** By number, as small hosts need it; pfctl shows the name. */
const PROTOCOLS: Readonly<Record<string, string>> = {
  '1': 'icmp',
  '6': 'tcp',
  '17': 'udp',
  '58': 'ipv6-icmp',
  icmp6: 'ipv6-icmp',
};

function protocolName(word: string): string {
  return PROTOCOLS[word] ?? word;
}

function parseEnds(cursor: Cursor, stack: Stack, draft: Draft): void {
  if (cursor.accept('all')) return;
  if (cursor.accept('from')) {
    if (cursor.peek() !== 'port') draft.from = parseHosts(cursor, stack);
    if (cursor.accept('port')) draft.fromPorts = parsePorts(cursor);
  }
  if (cursor.accept('to')) {
    if (cursor.peek() !== 'port') draft.to = parseHosts(cursor, stack);
    if (cursor.accept('port')) draft.toPorts = parsePorts(cursor);
  }
}

const ICMP6_TYPES: Readonly<Record<string, string>> = {
  '128': 'echoreq',
  '129': 'echorep',
  '135': 'neighbrsol',
  '136': 'neighbradv',
};

/** Parses one of the options at the end of a rule; returns whether there was one. */
function parseOption(cursor: Cursor, draft: Draft): boolean {
  if (cursor.accept('flags')) cursor.word();
  else if (draft.kind === 'scrub' && cursor.accept('fragment')) cursor.expect('reassemble');
  else if (cursor.accept('icmp6-type')) {
    draft.icmpTypes = cursor.list(() => {
      const word = cursor.word();
      return ` icmp6-type ${ICMP6_TYPES[word] ?? word}`;
    });
  } else if (cursor.accept('icmp-type')) {
    draft.icmpTypes = cursor.list(() => ` icmp-type ${cursor.word()}`);
  } else if (cursor.accept('keep')) {
    cursor.expect('state');
    draft.state = 'keep';
  } else if (cursor.accept('no')) {
    cursor.expect('state');
    draft.state = 'none';
  } else if (cursor.accept('label')) draft.label = ` label "${cursor.word()}"`;
  else if (cursor.accept('tag')) draft.tag = ` tag ${cursor.word()}`;
  else if (cursor.accept('tagged')) draft.tagged = ` tagged ${cursor.word()}`;
  else return false;
  return true;
}

/** The target of a translation: `-> ADDRESS port PORT`. */
function parseTarget(cursor: Cursor, stack: Stack, { family, toPorts }: Draft): string {
  cursor.expect('->');
  const hosts = parseHosts(cursor, stack).filter(
    (host) => family === undefined || host.family === undefined || host.family === family,
  );
  const [first] = hosts;
  if (first === undefined)
    throw new PfError('no translation address with matching address family found.');
  const shown = hosts.length === 1 ? first.text : `{ ${hosts.map(({ text }) => text).join(', ')} }`;
  const pool = hosts.length > 1 || first.several === true ? ' round-robin' : '';
  return ` -> ${shown}${cursor.accept('port') ? targetPort(cursor.word(), toPorts[0]) : ''}${pool}`;
}

/** `4500:*` is as long as the range that it stands for. */
function targetPort(word: string, matched: string | undefined): string {
  const open = /^(\w+):\*$/.exec(word)?.[1];
  if (open === undefined) return ` port ${word}`;
  const first = portNumber(open);
  return ` port ${first}:${first + portSpan(matched ?? '= 0').count - 1}`;
}

/** The order of the loops is pfctl's. Combinations of two families are omitted. */
function expand(draft: Draft): readonly string[] {
  return draft.interfaces.flatMap((on) =>
    draft.protocols.flatMap((protocol) =>
      draft.icmpTypes.flatMap((icmp) =>
        draft.from.flatMap((from) =>
          draft.fromPorts.flatMap((fromPort) =>
            draft.to.flatMap((to) =>
              draft.toPorts.flatMap((toPort) => {
                const families = new Set([draft.family, from.family, to.family]);
                families.delete(undefined);
                if (families.size > 1) return [];
                const [family] = families;
                return [show(draft, { on, family, protocol, icmp, from, fromPort, to, toPort })];
              }),
            ),
          ),
        ),
      ),
    ),
  );
}

interface Combination {
  readonly on: string;
  readonly family: Family | undefined;
  readonly protocol: string;
  readonly icmp: string;
  readonly from: Host;
  readonly fromPort: string;
  readonly to: Host;
  readonly toPort: string;
}

function show(draft: Draft, parts: Combination): string {
  const { on, family, protocol, icmp } = parts;
  return [
    draft.head,
    on,
    family === undefined ? '' : family === 'ipv4' ? ' inet' : ' inet6',
    protocol === '' ? '' : ` proto ${protocol}`,
    showEnds(draft, parts),
    draft.kind === 'pass' ? '' : icmp,
    draft.kind === 'pass' ? stateOf(draft, parts) : '',
    draft.kind === 'scrub' ? ' fragment reassemble' : '',
    draft.label,
    draft.tag,
    draft.tagged,
  ].join('');
}

/** Only TCP has flags, and rules that may match TCP. */
function stateOf({ state }: Draft, { protocol, icmp }: Combination): string {
  if (state === 'none') return `${icmp} no state`;
  const flags = protocol === '' || protocol === 'tcp' ? ' flags S/SA' : '';
  return `${flags}${icmp} keep state`;
}

function showEnds({ kind }: Draft, { from, fromPort, to, toPort }: Combination): string {
  const plain = from === ANY && to === ANY && fromPort === '' && toPort === '';
  if (plain && !['nat', 'rdr', 'binat'].includes(kind)) return ' all';
  const port = (shown: string): string => (shown === '' ? '' : ` port ${shown}`);
  return ` from ${showHost(from)}${port(fromPort)} to ${showHost(to)}${port(toPort)}`;
}
