/**
 * Interfaces that came home from a jail under a name that the host has as well. The kernel brings them home when a jail
 * is removed, asks for no other name, and pf(4) takes both for one: once one of them is destroyed, the first packet by the
 * other stops the kernel (seen on 13.2 and 15.1).
 */
import { KleenetError } from '@kleenet/core/errors';
import type { Interface } from './ifconfig.ts';

/**
 * Names that an interface of the host's own has together with one that came home. Several that came home, and nothing
 * else, do no harm: no packet leaves by them.
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
 * What comes home is down, and has neither addresses nor groups; klee gave it another MAC address. Of several that are
 * shown as one, the first was here first.
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

/** The error of not destroying an epair: its inner end may be one of these. */
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
