/** How a network leaves a Linux host by a table of its own: rules of policy routing (ip-rule(8)). Pure. */
import { FAMILIES } from '@kleenet/core/driver';
import type { Family, Network, Resource } from '@kleenet/core/driver';
import { ROUTE_PROTOCOL } from '@kleenet/core/linux';
import { tableOf } from './options.ts';

/** A rule in the output of `ip -json rule show`; only what is looked at. */
export interface Rule {
  readonly priority: number;
  readonly iif?: string;
  readonly table?: string;
  readonly suppress_prefixlen?: number;
  readonly action?: string;
  readonly protocol?: string;
}

/** Before the rule for the main table, which has 32766 (ip-rule(8)). Those of other networks may have the same. */
const FIRST = 27_500;

/** A rule of one network, and the words of ip(8) for it. */
interface Wanted {
  readonly rule: Rule;
  readonly line: string;
}

/**
 * What comes from a network goes where the main table has a route of its own for it, which is how networks, links and published ports
 * are reached; everything else leaves by the network's table. If that knows no way, the packet is not for the main table's: an uplink
 * that is down must not turn into another.
 */
function wantedRules(network: Network): readonly Wanted[] {
  const table = tableOf(network);
  if (table === undefined) return [];
  return [
    {
      action: { table: 'main', suppress_prefixlen: 0 },
      words: 'lookup main suppress_prefixlength 0',
    },
    { action: { table: String(table) }, words: `lookup ${table}` },
    { action: { action: 'unreachable' }, words: 'unreachable' },
  ].map(({ action, words }, index) => {
    const rule = { priority: FIRST + index, iif: network.interface, protocol: ROUTE_PROTOCOL };
    return {
      rule: { ...rule, ...action },
      line: `iif ${rule.iif} ${words} protocol ${rule.protocol} priority ${rule.priority}`,
    };
  });
}

export function familiesOf({ pools }: Network): readonly Family[] {
  return FAMILIES.filter((family) => pools[family] !== undefined);
}

/** klee itself knows no rules: without this driver it only tells of them. For an interface that is gone they do nothing. */
export function networkResources(network: Network): readonly Resource[] {
  return wantedRules(network).length === 0
    ? []
    : familiesOf(network).map((family) => ({
        kind: 'rule',
        name: `${family} iif ${network.interface}`,
      }));
}

/** Of a network's rules, those that bear klee's mark. */
function ours({ interface: bridge }: Network, rules: readonly Rule[]): readonly Rule[] {
  return rules.filter(({ iif, protocol }) => iif === bridge && protocol === ROUTE_PROTOCOL);
}

/** Lines of `ip -batch` that make the rules of one family those of the network, of whatever there is. */
export function upLines(network: Network, rules: readonly Rule[]): readonly string[] {
  const wanted = wantedRules(network);
  return [
    ...ours(network, rules)
      .filter((rule) => !wanted.some((one) => isSame(one.rule, rule)))
      .map((rule) => deletion(network, rule)),
    ...wanted
      .filter((one) => !rules.some((rule) => isSame(one.rule, rule)))
      .map(({ line }) => `rule add ${line}`),
  ];
}

export function downLines(network: Network, rules: readonly Rule[]): readonly string[] {
  return ours(network, rules).map((rule) => deletion(network, rule));
}

/** What is missing of a family, one sentence each. */
export function ruleProblems(
  network: Network,
  family: Family,
  rules: readonly Rule[],
): readonly string[] {
  return wantedRules(network)
    .filter((one) => !rules.some((rule) => isSame(one.rule, rule)))
    .map(
      ({ line }) => `the ${family === 'ipv4' ? 'IPv4' : 'IPv6'} routing rule '${line}' is missing`,
    );
}

function deletion({ interface: bridge }: Network, { priority }: Rule): string {
  return `rule delete iif ${bridge} protocol ${ROUTE_PROTOCOL} priority ${priority}`;
}

function isSame(a: Rule, b: Rule): boolean {
  return (
    a.priority === b.priority &&
    a.iif === b.iif &&
    a.table === b.table &&
    a.suppress_prefixlen === b.suppress_prefixlen &&
    a.action === b.action &&
    a.protocol === b.protocol
  );
}
