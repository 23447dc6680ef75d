/** Moving interfaces into jails and out of them with ifconfig(8). */
import { findInterface, moveInterface } from '../kernel/interfaces.ts';
import { findJail, isDying, notFound } from '../kernel/jails.ts';
import { stackIdOf, stackOf } from '../machine.ts';
import type { Machine } from '../machine.ts';
import type { Jail, NetworkInterface } from '../state.ts';

/** Ends a command of ifconfig(8) with this message. */
export class Refusal extends Error {}

/** @throws Refusal */
export function sendInterface(
  machine: Machine,
  from: number,
  one: NetworkInterface,
  text: string,
): void {
  const to = stackIdOf(requireJail(machine, text));
  if (findInterface(stackOf(machine.state, to), one.name) !== undefined) {
    throw new Refusal('SIOCSIFVNET: File exists');
  }
  moveInterface(machine.state, one, from, to);
}

/** The kernel does not keep two interfaces of one name apart here. @throws Refusal */
export function fetchInterface(
  machine: Machine,
  to: number,
  name: string,
  text: string,
): NetworkInterface {
  const jail = requireJail(machine, text);
  const from = stackIdOf(jail);
  const one = from === to ? undefined : findInterface(stackOf(machine.state, from), name);
  if (one === undefined) {
    throw new Refusal(`SIOCSIFRVNET(${jail.jid}, ${name}): Device not configured`);
  }
  moveInterface(machine.state, one, from, to);
  return one;
}

function requireJail({ state }: Machine, text: string): Jail {
  const jail = findJail(state, text);
  if (jail === undefined) throw new Refusal(notFound(text));
  if (jail.dying) throw new Refusal(isDying(text));
  return jail;
}
