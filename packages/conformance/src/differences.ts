/** Two states of a host compared, in lines that a person can read. Pure. */
import type { SimulatedState } from '@kleenet/core/testing';

/** What `after` has more (`+ …`) and less (`- …`) than `before`. A value that changed gives one line of each. */
export function differences(before: SimulatedState, after: SimulatedState): readonly string[] {
  const [old, now] = [new Set(leaves(before)), new Set(leaves(after))];
  return [
    ...[...old].filter((leaf) => !now.has(leaf)).map((leaf) => `- ${leaf}`),
    ...[...now].filter((leaf) => !old.has(leaf)).map((leaf) => `+ ${leaf}`),
  ];
}

/**
 * Every value with its path, line by line. The order of lists and lines does not matter, and what is empty is as good
 * as absent.
 */
function leaves(value: unknown, path = ''): string[] {
  if (Array.isArray(value)) return value.flatMap((item) => leaves(item, `${path}[]`));
  if (typeof value === 'object' && value !== null) {
    return Object.entries(value).flatMap(([name, member]) =>
      leaves(member, path === '' ? name : `${path} ${name}`),
    );
  }
  const lines = String(value).split('\n');
  return lines.filter((line) => line !== '').map((line) => `${path} = ${line}`);
}

/** What `after` lacks of `before`, besides rules of the firewall: those are klee's, and follow what is attached. */
export function losses(before: SimulatedState, after: SimulatedState): readonly string[] {
  return differences({ ...before, firewall: '' }, after).filter((line) => line.startsWith('-'));
}

/** Interfaces and addresses that the host itself, not a sandbox, has more than before. */
export function hostAdditions(before: SimulatedState, after: SimulatedState): readonly string[] {
  return Object.entries(after.interfaces)
    .filter(([, { sandbox }]) => sandbox === '')
    .flatMap(([key, { name, addresses }]) => {
      const old = before.interfaces[key];
      if (old === undefined) return [name];
      return addresses.filter((address) => !old.addresses.includes(address));
    });
}
