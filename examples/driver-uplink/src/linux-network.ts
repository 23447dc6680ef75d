/** What a network of this driver has on a Linux host beside its bridge, and what the host must have for it. */
import { settleAll } from '@kleenet/core/driver';
import type { Family, Issue, Network } from '@kleenet/core/driver';
import { links, routes } from '@kleenet/core/linux';
import { DEFAULT_MTU } from './linux-plan.ts';
import type { LinuxHost } from './linux-host.ts';
import { downLines, familiesOf, ruleProblems, upLines } from './linux-rules.ts';
import type { Rule } from './linux-rules.ts';
import { leavingFamilies, tableIssue, tableOf, wayOutIssue } from './options.ts';
import type { WayOut } from './options.ts';

/** Those of the kernel itself: `default`, `main` and `local`. */
const RESERVED: readonly number[] = [253, 254, 255];

export class LinuxNetwork {
  readonly #host: LinuxHost;

  constructor(host: LinuxHost) {
    this.#host = host;
  }

  /** May be repeated, and brings back what is missing. */
  async up(network: Network, signal: AbortSignal): Promise<void> {
    await settleAll(
      familiesOf(network).map(async (family) => {
        const lines = upLines(network, await this.#rules(family, signal));
        await this.#host.batch(lines, { family, signal });
      }),
    );
  }

  /** The kernel keeps rules for an interface that is gone. */
  async down(network: Network, signal: AbortSignal): Promise<void> {
    await settleAll(
      familiesOf(network).map(async (family) => {
        for (const line of downLines(network, await this.#rules(family, signal)))
          await this.#host.remove(line, { family, signal });
      }),
    );
  }

  async observe(network: Network): Promise<readonly string[]> {
    const problems = await Promise.all(
      familiesOf(network).map(async (family) =>
        ruleProblems(network, family, await this.#rules(family)),
      ),
    );
    return problems.flat();
  }

  /** What keeps a network from leaving by its table: asked before it is made. */
  async check(network: Network, signal: AbortSignal): Promise<readonly Issue[]> {
    const table = tableOf(network);
    if (table === undefined) return [];
    if (RESERVED.includes(table))
      return [tableIssue(`${table} is one of the kernel's own routing tables`)];
    const mtu = network.mtu ?? DEFAULT_MTU;
    const issues = await Promise.all(
      leavingFamilies(network).map(async (family) => {
        const way = await this.#wayOut(table, family, signal);
        return [
          ...wayOutIssue(table, family, mtu, way),
          ...(way === undefined || family === 'ipv6' ? [] : await this.#filterIssue(way, signal)),
        ];
      }),
    );
    return issues.flat();
  }

  /** Whether there is a way out now: asked when a container is connected. */
  async checkWayOut(network: Network, signal: AbortSignal): Promise<readonly Issue[]> {
    const table = tableOf(network);
    if (table === undefined) return [];
    const issues = await Promise.all(
      leavingFamilies(network).map(async (family) =>
        wayOutIssue(table, family, 0, await this.#wayOut(table, family, signal)),
      ),
    );
    return issues.flat();
  }

  async #wayOut(table: number, family: Family, signal: AbortSignal): Promise<WayOut | undefined> {
    const shown = await this.#host.show(`route show default table ${table}`, { family, signal });
    const route = routes(shown).find(({ type = 'unicast' }) => type === 'unicast');
    if (route?.dev === undefined) return undefined;
    const [link] = links(await this.#host.show(`link show dev ${route.dev}`, { signal }));
    return { interface: route.dev, ...(link === undefined ? {} : { mtu: link.mtu }) };
  }

  /** The strict filter asks by which interface the host itself would answer, which is not that of this table. */
  async #filterIssue(
    { interface: device }: WayOut,
    signal: AbortSignal,
  ): Promise<readonly Issue[]> {
    const names = ['all', device].map((name) => `net/ipv4/conf/${name}/rp_filter`);
    const values = await this.#host.settings(names, signal);
    if (Math.max(0, ...values.map(Number)) !== 1) return [];
    return [
      tableIssue(
        `${device} drops answers, by its reverse path filter: sysctl -w net/ipv4/conf/${device}/rp_filter=2`,
      ),
    ];
  }

  async #rules(family: Family, signal?: AbortSignal): Promise<readonly Rule[]> {
    const place = { family, ...(signal === undefined ? {} : { signal }) };
    return (await this.#host.json('rule show', place)) as readonly Rule[];
  }
}
