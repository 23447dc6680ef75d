import type { EndpointOptions } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';
import { readNumber } from '../../command-line/parse.ts';

type NetworkOption = EndpointOptions & { readonly network: string };

/** The settings after the name, and their properties. */
const SETTINGS: ReadonlyMap<string, (value: string) => EndpointOptions> = new Map([
  ['ip', (ip: string): EndpointOptions => ({ ip })],
  ['ip6', (ip6: string): EndpointOptions => ({ ip6 })],
  ['mac', (mac: string): EndpointOptions => ({ mac })],
  [
    'gw-priority',
    (value: string): EndpointOptions => ({
      gatewayPriority: readNumber('network: gw-priority', value),
    }),
  ],
]);

/**
 * Parses `NAME[:ip=…,ip6=…,mac=…,gw-priority=…]`. Names have no colon, so the first one ends the name.
 *
 * @throws KleenetError INVALID_ARGUMENT
 */
export function parseNetworkOption(text: string): NetworkOption {
  const colon = text.indexOf(':');
  const network = colon === -1 ? text : text.slice(0, colon);
  if (network === '') throw invalid(text, 'names no network');
  if (colon === -1) return { network };
  const options: EndpointOptions[] = [];
  const seen = new Set<string>();
  for (const setting of text.slice(colon + 1).split(',')) {
    const equals = setting.indexOf('=');
    const key = equals === -1 ? setting : setting.slice(0, equals);
    const read = SETTINGS.get(key);
    if (read === undefined) throw invalid(text, `has the unknown setting ${JSON.stringify(key)}`);
    if (equals === -1 || equals === setting.length - 1)
      throw invalid(text, `gives no value for ${key}`);
    if (seen.has(key)) throw invalid(text, `gives ${key} twice`);
    seen.add(key);
    options.push(read(setting.slice(equals + 1)));
  }
  return Object.assign({ network }, ...options) as NetworkOption;
}

function invalid(text: string, problem: string): KleenetError {
  return new KleenetError(
    'INVALID_ARGUMENT',
    `option --network ${JSON.stringify(text)} ${problem}`,
    {
      hint: 'write NAME[:ip=ADDRESS,ip6=ADDRESS,mac=MAC,gw-priority=N]',
    },
  );
}
