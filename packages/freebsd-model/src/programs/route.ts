/** Changes and looks up routes: route(8). */
import {
  ADDRESS_BITS,
  classfulPrefix,
  familyOf,
  fromNumber,
  maskOf,
  parseAddress,
} from '../address.ts';
import { Errno } from '../errno.ts';
import { findJail, isDying } from '../kernel/jails.ts';
import { findInterface } from '../kernel/interfaces.ts';
import { addRoute, deleteRoute, lookUp, tablesOf } from '../kernel/routes.ts';
import type { Hop, RouteKey } from '../kernel/routes.ts';
import { failed, printed, stackIdOf, stackOf } from '../machine.ts';
import type { Answer, Call, Machine } from '../machine.ts';
import { hasJailOption, isLater } from '../releases.ts';
import type { Stack } from '../state.ts';

const USAGE = 'usage: route [-46dnqtv] command [[modifiers] args]';

interface Destination {
  readonly address: string;
  readonly prefix: number;
  /** `net default`, `net 10.0.0.0` or `host 10.0.0.1`. */
  readonly label: string;
}

export function route(machine: Machine, call: Call): Answer {
  const { args } = call;
  const from = args.indexOf('-j');
  if (from === -1) return run(machine, call);
  if (!hasJailOption(machine.state.release))
    return failed(`route: illegal option -- j\n${USAGE}`, 64);
  const text = args[from + 1] ?? '';
  const jail = findJail(machine.state, text);
  if (jail === undefined) return failed('route: Jail not found');
  if (jail.dying) return failed(`route: ${isDying(text)}`);
  return run(machine, { ...call, args: args.toSpliced(from, 2), jail });
}

/** A table by its number, and how many there are: route(8) names it where there are several. */
interface Table {
  readonly fib: number;
  readonly fibs: number;
}

interface Work {
  readonly machine: Machine;
  readonly stack: Stack;
  readonly destination: Destination;
  readonly gateway: string;
  readonly hop: Hop;
  readonly table: Table;
}

function run(machine: Machine, { args, jail }: Call): Answer {
  const stack = stackOf(machine.state, stackIdOf(jail));
  const at = args.indexOf('-fib');
  const table = { fib: at === -1 ? 0 : Number(args[at + 1]), fibs: tablesOf(stack) };
  if (!(table.fib >= 0 && table.fib < table.fibs))
    return failed(`route: invalid fib number: ${args[at + 1] ?? ''}`, 64);
  const words = (at === -1 ? args : args.toSpliced(at, 2)).filter(
    (word) => !/^-[nqv46]+$/.test(word),
  );
  const [verb = '', ...rest] = words;
  const six = rest.includes('-inet6') || rest.includes('-6') || args.includes('-6');
  const [text = '', gateway = ''] = rest.filter((word) => !word.startsWith('-'));
  const destination = parseDestination(text, six);
  if (destination === undefined) return failed(`route: bad address: ${text}`, 68);
  if (verb === 'get') return get(stack, destination, table);
  if (verb !== 'add' && verb !== 'delete' && verb !== 'change') return failed(USAGE, 64);
  if (jail?.vnet === false)
    return failed('route: writing to routing socket: Operation not permitted');
  const isLink = rest.includes('-interface') || rest.includes('-iface');
  if (isLink && findInterface(stack, gateway) === undefined)
    return failed(`route: bad address: ${gateway}`, 68);
  const hop = isLink ? { link: gateway } : { gateway: parseAddress(gateway) ?? gateway };
  const work = { machine, stack, destination, gateway, hop, table };
  return { add, change, delete: remove }[verb](work);
}

function keyOf({ destination: { address, prefix }, table: { fib } }: Work): RouteKey {
  return { destination: address, prefix, fib };
}

function done(said: string, { fib, fibs }: Table): Answer {
  return printed(`${said}${fibs > 1 ? ` fib ${fib}` : ''}\n`);
}

function parseDestination(text: string, six: boolean): Destination | undefined {
  if (text === 'default')
    return { address: six ? '::' : '0.0.0.0', prefix: 0, label: 'net default' };
  const [plain = '', width] = text.split('/', 2);
  const address = parseAddress(plain);
  if (address === undefined) return undefined;
  const most = ADDRESS_BITS[familyOf(address)];
  const network = width === undefined && address.endsWith('.0');
  const prefix = Number(width ?? (network ? classfulPrefix(address) : most));
  // An IPv6 network keeps its length.
  const shown = most === ADDRESS_BITS.ipv6 ? text : address;
  return { address, prefix, label: prefix === most ? `host ${address}` : `net ${shown}` };
}

/** The message about an existing route goes to standard output only. */
function add(work: Work): Answer {
  const { machine, stack, destination, gateway, hop, table } = work;
  const said = `add ${destination.label}: gateway ${gateway}`;
  try {
    addRoute(stack, keyOf(work), hop);
    return done(said, table);
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    if (error.code === 'EEXIST') {
      const later = isLater(machine.state.release);
      const stderr = later ? 'route: message indicates error: File exists\n' : '';
      const stdout = `${said} fib ${table.fib}: route already in table\n`;
      return { status: 1, stdout, stderr };
    }
    return failed(
      `route: writing to routing socket: ${error.message}`,
      1,
      `${said} fib ${table.fib}: ${error.message}\n`,
    );
  }
}

/** As a removal and an addition that nothing comes between: an unusable gateway leaves the route as it is. */
function change(work: Work): Answer {
  const { stack, destination, gateway, hop, table } = work;
  const said = `change ${destination.label}: gateway ${gateway}`;
  const before = structuredClone(stack.routes);
  try {
    deleteRoute(stack, keyOf(work));
    addRoute(stack, keyOf(work), hop);
    return done(said, table);
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    stack.routes = before;
    const failure = `${said} fib ${table.fib}: `;
    if (error.code === 'ENOENT')
      return failed('route: route has not been found', 1, `${failure}not in table\n`);
    const message = `route: writing to routing socket: ${error.message}`;
    return failed(message, 1, `${failure}${error.message}\n`);
  }
}

function remove(work: Work): Answer {
  const { stack, destination, gateway, table } = work;
  const said = `delete ${destination.label}${gateway === '' ? '' : `: gateway ${gateway}`}`;
  try {
    deleteRoute(stack, keyOf(work));
    return done(said, table);
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    const failure = `${said} fib ${table.fib}: not in table\n`;
    return failed('route: route has not been found', 1, failure);
  }
}

function get(stack: Stack, { address }: Destination, { fib }: Table): Answer {
  const found = lookUp(stack, address, fib);
  if (found === undefined) return failed('route: route has not been found', 255);
  const { destination, prefix, gateway, netif, flags } = found;
  const linked = gateway.startsWith('link#');
  const mtu = stack.interfaces.find(({ name }) => name === netif)?.mtu ?? 0;
  const host = flags.includes('H');
  return printed(
    [
      `   route to: ${address}`,
      `destination: ${destination}`,
      ...(host
        ? []
        : [
            `       mask: ${fromNumber(familyOf(destination), maskOf(familyOf(destination), prefix))}`,
          ]),
      ...(linked ? [] : [`    gateway: ${gateway}`]),
      `        fib: ${fib}`,
      `  interface: ${netif}`,
      `      flags: <UP,${linked ? '' : 'GATEWAY,'}${host ? 'HOST,' : ''}DONE,${[...(flags.includes('S') ? ['STATIC'] : []), ...(linked && flags !== 'US' ? ['PINNED'] : [])].join(',')}>`,
      ' recvpipe  sendpipe  ssthresh  rtt,msec    mtu        weight    expire',
      `       0         0         0         0  ${String(mtu).padStart(8)}         1         0 `,
      '',
    ].join('\n'),
  );
}
