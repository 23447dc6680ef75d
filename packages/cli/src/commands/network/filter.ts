import { KleenetError } from '@kleenet/core/errors';
import type { NetworkView } from '../../render/views.ts';

type Test = (network: NetworkView, value: string) => boolean;

const TESTS: ReadonlyMap<string, Test> = new Map<string, Test>([
  ['id', ({ id }, value) => id.startsWith(value)],
  ['name', ({ name }, value) => name.includes(value)],
  ['type', ({ type }, value) => type === value],
  // Other software calls the type the driver of a network.
  ['driver', ({ driver, type }, value) => driver === value || type === value],
  ['label', hasLabel],
]);

/**
 * A test for `--filter KEY=VALUE`: one value of each key must fit, and every label.
 *
 * @throws KleenetError INVALID_ARGUMENT
 */
export function networkFilter(filters: readonly string[]): (network: NetworkView) => boolean {
  const valuesByKey = new Map<string, string[]>();
  for (const filter of filters) {
    const equals = filter.indexOf('=');
    const key = equals === -1 ? filter : filter.slice(0, equals);
    if (equals === -1 || !TESTS.has(key)) throw invalidFilter(filter);
    valuesByKey.set(key, [...(valuesByKey.get(key) ?? []), filter.slice(equals + 1)]);
  }
  return (network) =>
    [...valuesByKey].every(([key, values]) => {
      const fits = (value: string): boolean => TESTS.get(key)?.(network, value) === true;
      return key === 'label' ? values.every(fits) : values.some(fits);
    });
}

function hasLabel({ labels }: NetworkView, wanted: string): boolean {
  const equals = wanted.indexOf('=');
  const key = equals === -1 ? wanted : wanted.slice(0, equals);
  return Object.hasOwn(labels, key) && (equals === -1 || labels[key] === wanted.slice(equals + 1));
}

function invalidFilter(filter: string): KleenetError {
  return new KleenetError('INVALID_ARGUMENT', `${JSON.stringify(filter)} is not a filter`, {
    hint: 'filter by id=PREFIX, name=PART, type=TYPE, driver=DRIVER or label=KEY[=VALUE]',
  });
}
