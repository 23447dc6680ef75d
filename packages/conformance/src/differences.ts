/** Compares two states of a host, in readable lines. Pure. */
import type { SimulatedState } from '@kleenet/core/testing';

/** Additions (`+ …`) and removals (`- …`) from `before` to `after`. A changed value gives one line of each. */
export function differences(before: SimulatedState, after: SimulatedState): readonly string[] {
  const [old, now] = [new Set(leaves(before)), new Set(leaves(after))];
  return [
    ...[...old].filter((leaf) => !now.has(leaf)).map((leaf) => `- ${leaf}`),
    ...[...now].filter((leaf) => !old.has(leaf)).map((leaf) => `+ ${leaf}`),
  ];
}

/**
 * Every value with its path, line by line. The order of lists and lines does not matter, and empty values count as
 * absent.
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

/**
 * The values of `before` that `after` lacks, except firewall rules: those are klee's, and depend on the attachments.
 */
export function losses(before: SimulatedState, after: SimulatedState): readonly string[] {
  return differences({ ...before, firewall: '' }, after).filter((line) => line.startsWith('-'));
}

/** Additional interfaces and addresses of the host itself, not of a sandbox. */
export function hostAdditions(before: SimulatedState, after: SimulatedState): readonly string[] {
  return Object.entries(after.interfaces)
    .filter(([, { sandbox }]) => sandbox === '')
    .flatMap(([key, { name, addresses }]) => {
      const old = before.interfaces[key];
      if (old === undefined) return [name];
      return addresses.filter((address) => !old.addresses.includes(address));
    });
}
