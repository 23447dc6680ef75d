/** The firewall of a Linux host: nftables, in two tables of klee. Nothing else is read or changed. */
import type { FirewallIntents, FirewallPlatform, Operation, PlaneStatus } from '@kleenet/core';
import { hasCode } from '@kleenet/core/errors';
import { rulesRefused } from '../network/failures.ts';
import { endFlows } from './conntrack.ts';
import type { ConntrackDependencies } from './conntrack.ts';
import { firewallProblems } from './firewall/compare.ts';
import { createEndpointFirewall } from './firewall/endpoints.ts';
import { inexactRules } from './firewall/exact.ts';
import { firewallRefusal } from './firewall/probe.ts';
import { REQUIRE_RULES, renderFirewall } from './firewall/render.ts';
import { shapeOf } from './firewall/text.ts';
import { nftLoad, nftTable } from './nft.ts';
import { differingSysctls, settingProblem, writeSysctls } from './sysctl.ts';
import type { Sysctl } from './sysctl.ts';

const NOTHING: FirewallIntents = { networks: [], published: [] };

export function createFirewall(dependencies: ConntrackDependencies): FirewallPlatform {
  const { commands } = dependencies;

  async function apply(rules: string, { signal }: Operation): Promise<boolean> {
    const wereThere = await isReplaced(rules, signal);
    if (!wereThere) {
      try {
        await nftLoad(commands, rules, signal);
      } catch (error) {
        throw rulesRefused(error);
      }
    }
    await writeSysctls(commands, localSysctls(rules), { signal });
    return wereThere;
  }

  /** Whether there were rules of klee, and they could be replaced. */
  async function isReplaced(rules: string, signal: AbortSignal): Promise<boolean> {
    try {
      await nftLoad(commands, `${REQUIRE_RULES}${rules}`, signal);
      return true;
    } catch (error) {
      if (!hasCode(error, 'PLATFORM_COMMAND_FAILED')) throw error;
      return false;
    }
  }

  /** Enough to notice that rules were flushed or never loaded, with one reading of each table. */
  async function missing(rules: string | Promise<string>): Promise<readonly string[]> {
    const [inet, bridge, wanted] = await Promise.all([
      nftTable(commands, 'inet', 'klee'),
      nftTable(commands, 'bridge', 'klee'),
      rules,
    ]);
    return firewallProblems(wanted, { inet, bridge });
  }

  async function observe(rules: string): Promise<readonly string[]> {
    const lacking = await missing(rules);
    if (lacking.length > 0) return lacking;
    const [inexact, settings] = await Promise.all([
      inexactRules(commands, rules),
      differingSysctls(dependencies.files, localSysctls(rules)),
    ]);
    return [...inexact, ...settings.map(settingProblem)];
  }

  /** Tables that are there show that the firewall works, so it is asked about that only if it does not answer. */
  async function isLoaded(rules: Promise<string>): Promise<boolean> {
    try {
      return (await missing(rules)).length === 0;
    } catch (error) {
      if ((await firewallRefusal(commands)) === undefined) throw error;
      return false;
    }
  }

  async function status(): Promise<PlaneStatus> {
    const reason = await firewallRefusal(commands);
    return reason === undefined
      ? { state: 'ready', reasons: [] }
      : { state: 'unavailable', reasons: [reason] };
  }

  return {
    loadingTells: true,
    endpoints: createEndpointFirewall(commands),
    status,
    render: renderFirewall,
    apply,
    isLoaded,
    endFlows: (flows, { signal }) => endFlows(dependencies, flows, signal),
    clear: ({ signal }) => nftLoad(commands, renderFirewall(NOTHING), signal),
    observe,
  };
}

/**
 * Lets the host reach published ports at 127.0.0.1: packets from there may then leave through these links. A rule drops
 * packets for 127.0.0.0/8 that arrive on them. Missing interfaces are skipped; starting their container loads the rules
 * again.
 */
function localSysctls(rules: string): readonly Sysctl[] {
  const links = shapeOf(rules, 'inet klee').sets.get('published_links') ?? [];
  return links.map((link) => ({
    name: `net/ipv4/conf/${link.replaceAll('"', '')}/route_localnet`,
    value: '1',
  }));
}
