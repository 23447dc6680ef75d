/**
 * Interfaces that returned from a jail under a name that the host already has. The kernel returns them when a jail is
 * removed, without renaming, and pf(4) treats both as one: once one of them is destroyed, the first packet on the other
 * panics the kernel (seen on 13.2 and 15.1).
 */
import { KleenetError } from '@kleenet/core/errors';
import type { Interface } from './ifconfig.ts';

/**
 * Names that both an interface of the host and a returned one have. Several returned ones without a host interface are
 * harmless: no packet leaves through them.
 */
export function twinNames(interfaces: readonly Interface[]): readonly string[] {
  const names = interfaces.map(({ name }) => name);
  const twice = interfaces.filter(
    ({ name, several }, index) => several || names.indexOf(name) !== index,
  );
  return [...new Set(twice.map(({ name }) => name))].filter((name) =>
    interfaces.some((found) => found.name === name && !cameHome(found)),
  );
}

/**
 * A returned interface is down, without addresses and groups, and has a MAC address from klee. Of several interfaces
 * shown as one, the first is the oldest.
 */
function cameHome({ flags, addresses, groups, ether, hardware }: Interface): boolean {
  return (
    !flags.includes('UP') &&
    addresses.length === 0 &&
    groups.length === 0 &&
    hardware !== '' &&
    hardware !== ether
  );
}

/** The error for refusing to destroy an epair: its inner end may be one of these. */
export function twinOf(outside: string, [name = '']: readonly string[]): KleenetError {
  return new KleenetError(
    'INTERFACE_IN_USE',
    `the host has two interfaces named ${name}, and one of them may be the inner end of ${outside}: destroying it would crash the kernel`,
    {
      hint: `give the host's own ${name} another name first ('ifconfig ${name} name NAME' means the one that was there first), then run: klee system repair`,
      details: { interface: name, outside },
    },
  );
}
