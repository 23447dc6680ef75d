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
import { addRoute, deleteRoute, lookUp } from '../kernel/routes.ts';
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

function run(machine: Machine, { args, jail }: Call): Answer {
  const words = args.filter((word) => !/^-[nqv46]+$/.test(word));
  const [verb = '', ...rest] = words;
  const six = rest.includes('-inet6') || rest.includes('-6') || args.includes('-6');
  const [text = '', gateway = ''] = rest.filter((word) => !word.startsWith('-'));
  const destination = parseDestination(text, six);
  if (destination === undefined) return failed(`route: bad address: ${text}`, 68);
  const stack = stackOf(machine.state, stackIdOf(jail));
  if (verb === 'get') return get(stack, destination);
  if (verb !== 'add' && verb !== 'delete' && verb !== 'change') return failed(USAGE, 64);
  if (jail?.vnet === false)
    return failed('route: writing to routing socket: Operation not permitted');
  if (verb === 'change') return change(stack, destination, gateway);
  return verb === 'add'
    ? add(machine, stack, destination, gateway)
    : remove(stack, destination, gateway);
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
  return { address, prefix, label: `${prefix === most ? 'host' : 'net'} ${address}` };
}

/** The message about an existing route goes to standard output only. */
function add(
  { state }: Machine,
  stack: Stack,
  { address, prefix, label }: Destination,
  gateway: string,
): Answer {
  const said = `add ${label}: gateway ${gateway}`;
  try {
    addRoute(stack, address, prefix, parseAddress(gateway) ?? gateway);
    return printed(`${said}\n`);
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    if (error.code === 'EEXIST') {
      const stderr = isLater(state.release) ? 'route: message indicates error: File exists\n' : '';
      return { status: 1, stdout: `${said} fib 0: route already in table\n`, stderr };
    }
    return failed(
      `route: writing to routing socket: ${error.message}`,
      1,
      `${said} fib 0: ${error.message}\n`,
    );
  }
}

/** As a removal and an addition that nothing comes between: an unusable gateway leaves the route as it is. */
function change(stack: Stack, { address, prefix, label }: Destination, gateway: string): Answer {
  const said = `change ${label}: gateway ${gateway}`;
  const before = structuredClone(stack.routes);
  try {
    deleteRoute(stack, address, prefix);
    addRoute(stack, address, prefix, parseAddress(gateway) ?? gateway);
    return printed(`${said}\n`);
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    stack.routes = before;
    if (error.code === 'ENOENT')
      return failed('route: route has not been found', 1, `${said} fib 0: not in table\n`);
    const message = `route: writing to routing socket: ${error.message}`;
    return failed(message, 1, `${said} fib 0: ${error.message}\n`);
  }
}

function remove(stack: Stack, { address, prefix, label }: Destination, gateway: string): Answer {
  const said = `delete ${label}${gateway === '' ? '' : `: gateway ${gateway}`}`;
  try {
    deleteRoute(stack, address, prefix);
    return printed(`${said}\n`);
  } catch (error) {
    if (!(error instanceof Errno)) throw error;
    return failed('route: route has not been found', 1, `${said} fib 0: not in table\n`);
  }
}

function get(stack: Stack, { address }: Destination): Answer {
  const found = lookUp(stack, address);
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
      '        fib: 0',
      `  interface: ${netif}`,
      `      flags: <UP,${linked ? '' : 'GATEWAY,'}${host ? 'HOST,' : ''}DONE,${[...(flags.includes('S') ? ['STATIC'] : []), ...(linked ? ['PINNED'] : [])].join(',')}>`,
      ' recvpipe  sendpipe  ssthresh  rtt,msec    mtu        weight    expire',
      `       0         0         0         0  ${String(mtu).padStart(8)}         1         0 `,
      '',
    ].join('\n'),
  );
}
