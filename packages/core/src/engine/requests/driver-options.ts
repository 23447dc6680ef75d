/** `--driver-opt` values, of an endpoint or of a network. */
import type { OptionDescription } from '../../driver.ts';
import { KleenetError } from '../../errors.ts';
import { quote } from '../../quote.ts';
import { parsePairs } from './labels.ts';
import type { Problems } from './problems.ts';

/** The options of a driver's endpoints, or of its networks. */
export interface OptionsOf {
  readonly driver: string;
  readonly for: 'endpoint' | 'network';
  readonly known: Readonly<Record<string, OptionDescription>>;
}

/** Parses `key=value` pairs, and checks each. Records OPTION_UNKNOWN and INVALID_ARGUMENT as problems. */
export function parseDriverOptions(
  options: OptionsOf,
  texts: readonly string[],
  problems: Problems,
): Record<string, string> {
  const pairs = problems.parse('driver-opt', () => parsePairs(texts, 'driver option')) ?? {};
  for (const [key, value] of Object.entries(pairs))
    problems.parse('driver-opt', () => checkOption(options, key, value));
  return pairs;
}

function checkOption(options: OptionsOf, key: string, value: string): void {
  const found = Object.hasOwn(options.known, key) ? options.known[key] : undefined;
  if (found === undefined) throw unknownOption(options, key);
  const problem = found.check(value);
  if (problem !== undefined)
    throw new KleenetError('INVALID_ARGUMENT', `${key}=${value}: ${problem}`);
}

function unknownOption(options: OptionsOf, key: string): KleenetError {
  const { driver } = options;
  const names = Object.keys(options.known);
  const of = options.for === 'network' ? ' of a network' : '';
  return new KleenetError('OPTION_UNKNOWN', `driver ${driver} knows no option ${quote(key)}${of}`, {
    hint: names.length === 0 ? `it has no options${of}` : `it knows: ${names.join(', ')}`,
    details: { driver, option: key },
  });
}
