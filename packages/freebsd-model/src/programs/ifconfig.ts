/** Configures and shows interfaces: ifconfig(8). */
import { Errno } from '../errno.ts';
import { createClone } from '../kernel/cloners.ts';
import { findInterface } from '../kernel/interfaces.ts';
import { findJail, isDying } from '../kernel/jails.ts';
import { failed, printed, stackIdOf, stackOf } from '../machine.ts';
import type { Answer, Call, Machine } from '../machine.ts';
import { hasJailOption, isLater } from '../releases.ts';
import type { NetworkInterface, Stack } from '../state.ts';
import { fetchInterface, Refusal } from './ifconfig-vnet.ts';
import { showInterface } from './ifconfig-show.ts';
import type { View } from './ifconfig-show.ts';
import { configure } from './ifconfig-words.ts';

const USAGE = `usage: ifconfig [-f type:format] [-g groupname] [-C] [-L] interface address_family
                [address [dest_address]] [parameters]
       ifconfig interface create
       ifconfig -a [-g groupname] [-C] [-L] [-d] [-m] [-u] [-v] [address_family]
       ifconfig -l [-d] [-u] [address_family]
       ifconfig [-g groupname] [-C] [-L] [-d] [-m] [-u] [-v]`;

interface Options {
  readonly flags: ReadonlySet<string>;
  readonly formats: Readonly<Record<string, string>>;
  readonly group?: string;
  readonly jail?: string;
  readonly words: readonly string[];
}

const FAMILIES: Readonly<Record<string, View['only']>> = {
  inet: 'inet',
  inet6: 'inet6',
  ether: 'ether',
  link: 'ether',
  lladdr: 'ether',
};

export function ifconfig(machine: Machine, call: Call): Answer {
  const options = parseOptions(call.args, hasJailOption(machine.state.release));
  if (typeof options === 'string') return failed(`ifconfig: ${options}\n${USAGE}`);
  if (options.jail === undefined) return run(machine, call, options);
  const jail = findJail(machine.state, options.jail);
  if (jail === undefined) return failed('ifconfig: jail not found: No such file or directory');
  if (jail.dying) return failed(`ifconfig: ${isDying(options.jail)}`);
  return run(machine, { ...call, jail }, options);
}

function parseOptions(args: readonly string[], withJail: boolean): Options | string {
  const flags = new Set<string>();
  const values: { f?: string; g?: string; j?: string } = {};
  let position = 0;
  for (; /^-./.test(args[position] ?? ''); position += 1) {
    for (const letter of args[position]?.slice(1) ?? '') {
      if (letter === 'f' || letter === 'g' || (letter === 'j' && withJail)) {
        position += 1;
        values[letter] = args[position] ?? '';
      } else if ('aldumvLCk'.includes(letter)) flags.add(letter);
      else return `illegal option -- ${letter}`;
    }
  }
  return {
    flags,
    formats: Object.fromEntries((values.f ?? '').split(',').map((part) => part.split(':', 2))),
    ...(values.g === undefined ? {} : { group: values.g }),
    ...(values.j === undefined ? {} : { jail: values.j }),
    words: args.slice(position),
  };
}

function run(machine: Machine, call: Call, options: Options): Answer {
  const stack = stackOf(machine.state, stackIdOf(call.jail));
  const { flags, group, words } = options;
  const { formats } = options;
  const later = isLater(machine.state.release);
  const view: View = { stack, jail: call.jail, now: machine.now(), formats, later };
  if (flags.has('l'))
    return printed(
      `${listed(stack, options)
        .map(({ name }) => name)
        .join(' ')}\n`,
    );
  if (group !== undefined && !flags.has('a')) {
    const members = listed(stack, options).toSorted((a, b) => a.id - b.id);
    return printed(members.map(({ name }) => `${name}\n`).join(''));
  }
  if (flags.has('a') || words.length === 0)
    return printed(shown(withFamily(view, words[0]), listed(stack, options)));
  return one(machine, call, view, words);
}

function listed(stack: Stack, { flags, group, words }: Options): readonly NetworkInterface[] {
  return stack.interfaces
    .filter(({ up }) => (!flags.has('u') || up) && (!flags.has('d') || !up))
    .filter(({ groups }) => group === undefined || groups.includes(group))
    .filter(({ ether }) => !flags.has('l') || FAMILIES[words[0] ?? ''] !== 'ether' || ether !== '');
}

/** Interfaces of one name are shown as one: the first, with the MAC addresses of the others. */
function shown(view: View, interfaces: readonly NetworkInterface[]): string {
  const names = new Set(interfaces.map(({ name }) => name));
  return [...names]
    .map((name) => {
      const [first, ...others] = interfaces.filter((known) => known.name === name);
      if (first === undefined) return '';
      const text = showInterface(view, first);
      const ethers = others.map(({ ether }) => `\tether ${ether}\n`).join('');
      if (ethers === '') return text;
      const own = `\thwaddr ${first.hardwareEther}\n`;
      return text.replace(own, '').replace(/^\tether .*\n/m, (line) => line + ethers + own);
    })
    .join('');
}

function withFamily(view: View, word: string | undefined): View {
  const only = FAMILIES[word ?? ''];
  return only === undefined ? view : { ...view, only };
}

/** Shows or changes one interface. */
function one(
  machine: Machine,
  call: Call,
  view: View,
  [name = '', ...words]: readonly string[],
): Answer {
  const there = findInterface(view.stack, name);
  if (words[0] === 'create' && there === undefined)
    return create(machine, call, name, words.slice(1));
  if (words[0] === 'create' && words.length === 1)
    return failed(`ifconfig: interface ${name} already exists`);
  if (words[0] === '-vnet') return fetch(machine, call, name, words.slice(1));
  if (there === undefined) return failed(`ifconfig: interface ${name} does not exist`);
  const isFamily = words.length === 1 && FAMILIES[words[0] ?? ''] !== undefined;
  if (words.length > 0 && !isFamily) {
    return configure(machine, call, there, words[0] === 'create' ? words.slice(1) : words);
  }
  const named = view.stack.interfaces.filter((other) => other.name === name);
  return printed(shown(withFamily(view, words[0]), named));
}

/** An interface from a jail need not be here. */
function fetch(machine: Machine, call: Call, name: string, words: readonly string[]): Answer {
  try {
    const fetched = fetchInterface(machine, stackIdOf(call.jail), name, words[0] ?? '');
    return configure(machine, call, fetched, words.slice(1));
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return failed(`ifconfig: ${error.message}`);
  }
}

/** A created interface stays when a later word fails, and its name is printed all the same. */
function create(machine: Machine, call: Call, name: string, words: readonly string[]): Answer {
  if (call.jail !== undefined && !call.jail.vnet) {
    return failed(`ifconfig: SIOCIFCREATE2 (${name}): Operation not permitted`);
  }
  try {
    const made = createClone(machine.state, stackIdOf(call.jail), name);
    const answer = configure(machine, call, made, words);
    return answer.stdout === '' && made.name !== name
      ? { ...answer, stdout: `${made.name}\n` }
      : answer;
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    return failed(
      error.code === 'EEXIST'
        ? `ifconfig: interface ${name} already exists`
        : `ifconfig: SIOCIFCREATE2 (${name}): ${error.message}`,
    );
  }
}
