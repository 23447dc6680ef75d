/** What is set on an interface beside its addresses, as details of a projection; and taking it away again. */
import { bridgeOf } from './kernel/interfaces.ts';
import type { NetworkInterface, Stack } from './state.ts';

/** A setting that is there or not. */
interface Flag {
  readonly name: string;
  /** Whether it says something of the host only: in its own stack a jail has what its kernel gives it. */
  readonly ofHost?: true;
  isSet(one: NetworkInterface): boolean;
  clear(one: NetworkInterface): void;
}

const FLAGS: readonly Flag[] = [
  {
    name: 'up',
    isSet: ({ up }) => up,
    clear(one) {
      one.up = false;
    },
  },
  {
    name: 'ifdisabled',
    ofHost: true,
    isSet: ({ ifDisabled }) => ifDisabled,
    clear(one) {
      one.ifDisabled = false;
    },
  },
];

function isShown({ ofHost }: Flag, jid: number): boolean {
  return ofHost !== true || jid === 0;
}

/** Settings of a member are those of its place in the bridge; a static entry tells the bridge who is behind a member. */
export function detailsOf(
  stack: Stack,
  jid: number,
  one: NetworkInterface,
): Record<string, string> {
  const bridge = bridgeOf(stack, one.id);
  const member = bridge?.members.find(({ id }) => id === one.id);
  const told = bridge?.statics.filter((entry) => entry.member === one.id) ?? [];
  return Object.fromEntries([
    ...FLAGS.filter((flag) => isShown(flag, jid) && flag.isSet(one)).map(({ name }) => [
      name,
      'yes',
    ]),
    ...(member?.private === true ? [['private', 'yes']] : []),
    ...told.map(({ ether }) => [`static ${ether}`, bridge?.name ?? '']),
    ...((one.fib ?? 0) === 0 ? [] : [['fib', String(one.fib)]]),
    ...stack.routes
      .filter(({ interface: id, fib = 0 }) => id === one.id && fib !== 0)
      .map((route) => [routeDetail(route), 'yes']),
  ]) as Record<string, string>;
}

/** Those of the first table are told where they matter: the default routes of jails. */
function routeDetail({ destination, prefix, fib = 0 }: Stack['routes'][number]): string {
  return `route ${destination}/${prefix} fib ${fib}`;
}

/** Takes away the details that are not wanted any more. */
export function keepDetails(
  stack: Stack,
  jid: number,
  one: NetworkInterface,
  wanted: Readonly<Record<string, string>>,
): void {
  const bridge = bridgeOf(stack, one.id);
  const member = bridge?.members.find(({ id }) => id === one.id);
  for (const flag of FLAGS)
    if (isShown(flag, jid) && !(flag.name in wanted) && flag.isSet(one)) flag.clear(one);
  if (member !== undefined && !('private' in wanted)) member.private = false;
  if (!('fib' in wanted)) delete one.fib;
  stack.routes = stack.routes.filter(
    (route) => route.interface !== one.id || (route.fib ?? 0) === 0 || routeDetail(route) in wanted,
  );
  if (bridge === undefined) return;
  bridge.statics = bridge.statics.filter(
    (entry) => entry.member !== one.id || `static ${entry.ether}` in wanted,
  );
}
