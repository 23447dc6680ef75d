/**
 * Internal networks. Each has a chain with its name, which only its own packets reach: verdict maps lead there by
 * interface or subnet. Pure.
 */
import { FAMILIES } from '@kleenet/core';
import type { NetworkIntent } from '@kleenet/core';
import { quoted, WORDS } from './text.ts';
import type { ChainText } from './text.ts';

/** What the verdict maps say about the packets of an internal network. */
export function toInternal({ id }: NetworkIntent): string {
  return `goto ${chainName(id)}`;
}

export function internalChains(networks: readonly NetworkIntent[]): readonly ChainText[] {
  return networks
    .filter(({ internal }) => internal)
    .map((network) => ({
      name: chainName(network.id),
      rules: ['jump within', ...dropRules(network)],
    }));
}

function chainName(id: string): string {
  return `internal_${id}`;
}

function dropRules(network: NetworkIntent): readonly string[] {
  const bridge = quoted(network.interface);
  const matches = [
    ...(network.type === 'bridge' ? [`iifname ${bridge}`, `oifname ${bridge}`] : []),
    ...FAMILIES.flatMap((family) => {
      const [{ ip }, subnet] = [WORDS[family], network.subnets[family]];
      return subnet === undefined ? [] : [`${ip} saddr ${subnet}`, `${ip} daddr ${subnet}`];
    }),
  ];
  return matches.map((match) => `${match} drop comment ${quoted(`network ${network.name}`)}`);
}
