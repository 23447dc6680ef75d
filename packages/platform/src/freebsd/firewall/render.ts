/** All rules for the recorded state, as one ruleset for one anchor: pf loads it atomically. Pure. */
import { FAMILIES } from '@kleenet/core';
import type { FirewallIntents, NetworkIntent } from '@kleenet/core';
import { filterLines } from './filter.ts';
import { leftTable, linesText, networkTable, openTableLine, tableLine } from './text.ts';
import { natLines, rdrLines } from './translation.ts';

/**
 * The anchor with the rules of all networks. pf evaluates the anchors below `klee` in the order of their names, and
 * those of endpoints (`klee/endpoint-…`) come first.
 */
export const NETWORKS_ANCHOR = 'klee/networks';

/** The ruleset of {@link NETWORKS_ANCHOR}; empty without networks. */
export function renderFirewall(intents: FirewallIntents): string {
  if (intents.networks.length === 0) return '';
  return linesText([
    ...tableLines(intents.networks),
    ...natLines(intents),
    ...rdrLines(intents),
    ...filterLines(intents),
  ]);
}

/** The tables of containers, and of the host's own addresses in their networks. */
function tableLines(networks: readonly NetworkIntent[]): readonly string[] {
  const own = networks.filter(({ type }) => type !== 'custom');
  return [
    tableLine('klee_containers', own.flatMap(containerSpace)),
    tableLine('klee_gateways', own.flatMap(hostAddresses)),
    ...networks.map((network) =>
      network.type === 'custom'
        ? openTableLine(networkTable(network.id))
        : tableLine(networkTable(network.id), containerSpace(network)),
    ),
    ...networks.map(({ id }) => openTableLine(leftTable(id))),
  ];
}

/** A subnet without the host's own address in it. */
function containerSpace(network: NetworkIntent): readonly string[] {
  return [
    ...FAMILIES.flatMap((family) => network.subnets[family] ?? []),
    ...hostAddresses(network).map((address) => `!${address}`),
  ];
}

function hostAddresses(network: NetworkIntent): readonly string[] {
  return FAMILIES.flatMap((family) => network.hostAddresses[family] ?? []);
}
