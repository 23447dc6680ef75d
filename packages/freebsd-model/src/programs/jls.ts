/** Lists jails: jls(8), as text and as libxo's JSON. */
import { findJail, isDying, notFound } from '../kernel/jails.ts';
import { failed } from '../machine.ts';
import type { Answer, Call, Machine } from '../machine.ts';
import { isLater } from '../releases.ts';
import type { HostState, Jail } from '../state.ts';
import { findParameter, PARAMETERS, valueOf } from './jail-parameters.ts';
import type { Parameter } from './jail-parameters.ts';

interface Options {
  readonly flags: ReadonlySet<string>;
  readonly json: boolean;
  readonly jail?: string;
  readonly parameters: readonly Parameter[];
}

export function jls(machine: Machine, call: Call): Answer {
  const { state } = machine;
  const options = parseOptions(call.args);
  if (typeof options === 'string') return failed(`jls: ${options}`);
  const { jails, refusal } = select(state, options);
  const stdout = options.json ? asJson(state, options, jails) : asText(state, options, jails);
  return refusal === undefined
    ? { status: 0, stdout, stderr: '' }
    : failed(`jls: ${refusal}`, 1, stdout);
}

function parseOptions(args: readonly string[]): Options | string {
  const flags = new Set<string>();
  const parameters: Parameter[] = [];
  let jail: string | undefined;
  let json = false;
  for (let position = 0; position < args.length; position += 1) {
    const word = args[position] ?? '';
    if (word === '--libxo') json = (args[(position += 1)] ?? '').split(',').includes('json');
    else if (/^--libxo[=:]/.test(word)) json = word.includes('json');
    else if (word === '-j') jail = args[(position += 1)] ?? '';
    else if (/^-[a-zA-Z]+$/.test(word)) for (const letter of word.slice(1)) flags.add(letter);
    else {
      const found = findParameter(word);
      if (found === undefined) return `unknown parameter: ${word}`;
      parameters.push(found);
    }
  }
  const all = parameters.length === 0 && (flags.has('n') || flags.has('s'));
  return {
    flags,
    json,
    ...(jail === undefined ? {} : { jail }),
    parameters: all ? PARAMETERS : parameters,
  };
}

function select(
  state: HostState,
  { flags, jail }: Options,
): { readonly jails: readonly Jail[]; readonly refusal?: string } {
  const withDying = flags.has('d');
  if (jail === undefined) return { jails: state.jails.filter(({ dying }) => withDying || !dying) };
  const found = findJail(state, jail);
  if (found === undefined) return { jails: [], refusal: notFound(jail) };
  return found.dying && !withDying ? { jails: [], refusal: isDying(jail) } : { jails: [found] };
}

function asText(state: HostState, options: Options, jails: readonly Jail[]): string {
  const { flags, parameters } = options;
  if (parameters.length > 0) {
    const header = flags.has('h') ? [parameters.map(({ name }) => name).join(' ')] : [];
    return lines([...header, ...jails.map((jail) => parameterLine(state, options, jail))]);
  }
  if (flags.has('v')) return lines([...VERBOSE_HEADER, ...jails.flatMap(verboseLines)]);
  return lines([
    '   JID  IP Address      Hostname                      Path',
    ...jails.map((jail) => {
      const [address = ''] = jail.addresses.ipv4;
      return `${padded(jail.jid)}  ${column(address, 15)} ${column(hostnameOf(jail), 29)} ${jail.path}`;
    }),
  ]);
}

const VERBOSE_HEADER = [
  '   JID  Hostname                      Path',
  '        Name                          State',
  '        CPUSetID',
  '        IP Address(es)',
];

function verboseLines(jail: Jail): string[] {
  return [
    `${padded(jail.jid)}  ${column(hostnameOf(jail), 29)} ${jail.path}`,
    `        ${column(jail.name, 29)} ${stateOf(jail)}`,
    `        ${jail.cpuset}`,
    ...[...jail.addresses.ipv4, ...jail.addresses.ipv6].map((address) => `        ${address}`),
  ];
}

function lines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join('');
}

function padded(jid: number): string {
  return String(jid).padStart(6);
}

function column(text: string, width: number): string {
  return text.slice(0, width).padEnd(width);
}

function hostnameOf({ parameters }: Jail): string {
  return parameters['host.hostname'] ?? '';
}

function stateOf({ dying }: Jail): string {
  return dying ? 'DYING' : 'ACTIVE';
}

/** With -n and -s values are named; -s omits values that jail(8) would refuse. */
function parameterLine(state: HostState, { flags, parameters }: Options, jail: Jail): string {
  const named = flags.has('n') || flags.has('s');
  return parameters
    .filter((parameter) => !flags.has('s') || isSettable(jail, parameter))
    .map((parameter) => {
      const value = valueOf(state, jail, parameter);
      return named ? named_(parameter, value) : value === '' ? '-' : value;
    })
    .join(' ');
}

function isSettable({ modes, vnet }: Jail, { name, readOnly }: Parameter): boolean {
  if (readOnly === true) return false;
  return !/^ip[46]\./.test(name) || (!vnet && !Object.values(modes).includes('disable'));
}

function named_({ name, kind }: Parameter, value: string): string {
  if (kind === 'flag') return value === 'true' ? name : name.replace(/[^.]+$/, 'no$&');
  const quoted = kind === 'text' && (value === '' || /[\s"']/.test(value));
  return `${name}=${quoted ? `"${value}"` : value}`;
}

function asJson(state: HostState, { flags, parameters }: Options, jails: readonly Jail[]): string {
  const items = jails.map((jail) => {
    if (parameters.length > 0) return parameterObject(state, parameters, jail);
    return flags.has('v') ? verboseObject(jail) : plainObject(jail);
  });
  return `{"__version": "2", "jail-information": {"jail": [${items.join(', ')}]}}\n`;
}

/** libxo leaves a space before a list, and none before a value. */
function parameterObject(state: HostState, parameters: readonly Parameter[], jail: Jail): string {
  const members = parameters.map((parameter) => {
    const value = valueOf(state, jail, parameter);
    if (parameter.kind === 'flag')
      return `"${parameter.name}":${isLater(state.release) ? `"${value}"` : value}`;
    if (parameter.kind !== 'addresses') return `"${parameter.name}":${JSON.stringify(value)}`;
    return ` "${parameter.name}": ${list(value === '' ? [] : value.split(','))}`;
  });
  return `{${members.join(',').trimStart()}}`;
}

function plainObject(jail: Jail): string {
  const [ipv4 = ''] = jail.addresses.ipv4;
  return JSON.stringify({ jid: jail.jid, ipv4, hostname: hostnameOf(jail), path: jail.path });
}

function verboseObject(jail: Jail): string {
  const { jid, path, name, cpuset: cpusetid, addresses } = jail;
  const values = { jid, hostname: hostnameOf(jail), path, name, state: stateOf(jail), cpusetid };
  const lists = ` "ipv4_addrs": ${list(addresses.ipv4)}, "ipv6_addrs": ${list(addresses.ipv6)}`;
  return `${JSON.stringify(values).slice(0, -1)},${lists}}`;
}

function list(addresses: readonly string[]): string {
  return JSON.stringify(addresses);
}
