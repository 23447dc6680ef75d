/** The firewall of a FreeBSD host: pf, in anchors below `klee`. Nothing else is changed, and pf.conf is only read. */
import type { CommandRunner, Flows, Logger, Operation } from '@kleenet/core';
import type { ForeseeingFirewall } from './firewall-owner.ts';
import { rulesRefused } from '../network/failures.ts';
import {
  companionProblems,
  cutOffProblems,
  filterProblems,
  skippedProblems,
  staleTables,
} from './firewall/compare.ts';
import { createEndpointFirewall } from './firewall/endpoints.ts';
import { exactProblems } from './firewall/exact.ts';
import { isPfLoaded, probePf } from './firewall/probe.ts';
import { NETWORKS_ANCHOR, renderFirewall } from './firewall/render.ts';
import { unlessLocked } from './firewall/securelevel.ts';
import { endStates } from './firewall/states.ts';
import { labelled } from './firewall/text.ts';
import { markedMembers, readUplinks, resolveUplinks } from './firewall/uplinks.ts';
import {
  flushRules,
  killTables,
  loadRules,
  readAnchors,
  readCompanions,
  readFilter,
  readTables,
} from './pfctl.ts';

/** The names of klee's anchors below `klee`: other anchors there belong to other software. */
const OURS = /^klee\/(?:networks|endpoint-[0-9a-f]+)$/;

export function createFirewall(commands: CommandRunner, logger: Logger): ForeseeingFirewall {
  /** The ruleset for this host as it is now. */
  async function rulesetOf(
    rules: string,
    options: { readonly signal?: AbortSignal; readonly shared?: boolean },
  ): Promise<string> {
    return labelled(resolveUplinks(rules, await readUplinks(commands, rules, options)));
  }

  /** Makes the readings about rules that others will share, all at once. Each that fails is made again where it is needed. */
  async function lookAhead(rules: string): Promise<void> {
    await Promise.allSettled([
      readUplinks(commands, rules, { shared: true }),
      readFilter(commands, NETWORKS_ANCHOR),
      readCompanions(commands, NETWORKS_ANCHOR),
    ]);
  }

  /** The rest of the anchor is only compared if its rules match. */
  async function differences(text: string): Promise<readonly string[]> {
    const problems = filterProblems(text, await readFilter(commands, NETWORKS_ANCHOR));
    if (problems.length > 0) return problems;
    return companionProblems(text, await readCompanions(commands, NETWORKS_ANCHOR));
  }

  /** The label answers most cases immediately; the rest takes further commands. */
  async function exactDifferences(text: string): Promise<readonly string[]> {
    const problems = await differences(text);
    return problems.length > 0 ? problems : exactProblems(commands, NETWORKS_ANCHOR, text);
  }

  async function apply(rules: string, operation: Operation): Promise<boolean> {
    if (rules === '') return flush(operation);
    const { signal } = operation;
    await lookAhead(rules);
    // Networks always have filter rules.
    const wereThere = (await readFilter(commands, NETWORKS_ANCHOR)).length > 0;
    const text = await rulesetOf(rules, { shared: true });
    const problems = await exactDifferences(text);
    if (problems.length === 0) return wereThere;
    logger.debug(`loading the firewall rules: ${problems.join('; ')}`);
    const tables = await readTables(commands, NETWORKS_ANCHOR);
    try {
      await loadRules(commands, NETWORKS_ANCHOR, text, { signal });
    } catch (error) {
      throw rulesRefused(error);
    }
    await killTables(commands, NETWORKS_ANCHOR, staleTables(text, tables), { signal });
    return wereThere;
  }

  /**
   * Called at each start, so it compares the label and related facts only. The rules of endpoints are read back when
   * they are attached.
   */
  async function isLoaded(rules: Promise<string>): Promise<boolean> {
    const wanted = await rules;
    const [{ status }] = await Promise.all([probePf(commands), lookAhead(wanted)]);
    if (status.state === 'unavailable') return false;
    const text = await rulesetOf(wanted, { shared: true });
    return (await differences(text)).length === 0;
  }

  /** States of pf outlive the rules that created them. */
  async function endFlows(flows: Flows, { signal }: Operation): Promise<void> {
    if (!(await isPfLoaded(commands))) return;
    const outcome = await unlessLocked(() => endStates(commands, flows, { signal }));
    if (outcome === 'locked')
      logger.warn("the kernel refuses to end connections in pf's state table: they continue");
  }

  /** Returns whether there was anything of klee. */
  async function flush({ signal }: Operation): Promise<boolean> {
    if (!(await isPfLoaded(commands))) return false;
    const anchors = (await readAnchors(commands, 'klee')).filter((name) => OURS.test(name));
    await unlessLocked(async () => {
      for (const anchor of anchors) await flushRules(commands, anchor, { signal });
    });
    return anchors.length > 0;
  }

  async function observe(rules: string): Promise<readonly string[]> {
    const [uplinks, { skipped }] = await Promise.all([
      readUplinks(commands, rules, { shared: true }),
      probePf(commands),
    ]);
    const text = labelled(resolveUplinks(rules, uplinks));
    const problems = await exactDifferences(text);
    const members = problems.length === 0 ? [] : markedMembers(rules, uplinks);
    const filter = members.length === 0 ? [] : await readFilter(commands, NETWORKS_ANCHOR);
    return [...problems, ...cutOffProblems(members, filter), ...skippedProblems(text, skipped)];
  }

  return {
    status: async () => (await probePf(commands)).status,
    endpoints: createEndpointFirewall(commands),
    render: renderFirewall,
    apply,
    isLoaded,
    lookAhead,
    endFlows,
    clear: async (operation) => {
      await flush(operation);
    },
    observe,
  };
}
