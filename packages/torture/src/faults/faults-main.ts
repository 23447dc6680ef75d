/** Takes some faults of one scenario on this host: as root, in namespaces of its own. Reads which, and prints what came of them. */
import type { KleeOptions } from '../world/world.ts';
import { answerOrder } from '../in-namespaces.ts';
import { openBench } from './bench.ts';
import type { FaultKind, HostFault, Wrong } from './findings.ts';
import { rehearse, tryFault } from './host-case.ts';
import { MoveFailed } from './moves.ts';
import { inTurn } from '../order.ts';
import { SCENARIOS } from './scenarios.ts';

export interface FaultsOrder extends KleeOptions {
  readonly scenario: string;
  readonly seed: number;
  /** Of the faults that it may have, in the order of the seed, these. */
  readonly from: number;
  readonly count: number;
  /** Those of these sorts only; of all when there are none. */
  readonly sorts?: readonly string[];
  /** Or these. */
  readonly only?: HostFault | readonly HostFault[];
}

export interface FaultsAnswer {
  /** How many faults the scenario may have. */
  readonly all: number;
  /** Those that were put in, by sort. */
  readonly tried: Readonly<Record<string, number>>;
  readonly missed: number;
  readonly packets: number;
  /** How many of those that were asked for were taken: fewer after a finding. */
  readonly taken: number;
  readonly finding?: {
    readonly kind: FaultKind;
    readonly text: string;
    readonly fault: HostFault;
  };
}

await answerOrder<FaultsOrder, FaultsAnswer>(async (order, log) => {
  const scenario = SCENARIOS[order.scenario];
  if (scenario === undefined) throw new Error(`there is no scenario ${order.scenario}`);
  const bench = await openBench(order);
  const rehearsed = await rehearse(bench, scenario);
  const { sorts = [] } = order;
  const faults = rehearsed.faults.filter(({ sort }) => sorts.length === 0 || sorts.includes(sort));
  const chosen =
    order.only === undefined
      ? inTurn(faults, order.seed, ({ sort }) => sort).slice(order.from, order.from + order.count)
      : [order.only].flat();
  const tried: Record<string, number> = {};
  let [missed, taken] = [0, 0];
  let finding: FaultsAnswer['finding'];
  for (const fault of chosen) {
    const started = Date.now();
    const wrong = await tryFault(bench, scenario, rehearsed, fault).catch(asWrong);
    log(
      `${order.scenario}: ${fault.sort} ${fault.nth} ${fault.key}: ${typeof wrong === 'object' ? wrong.kind : (wrong ?? 'good')} (${Date.now() - started} ms)`,
    );
    taken += 1;
    if (wrong === 'missed') missed += 1;
    else tried[fault.sort] = (tried[fault.sort] ?? 0) + 1;
    if (typeof wrong !== 'object') continue;
    finding = { ...wrong, fault };
    break;
  }
  await bench.world.close();
  const { packets } = bench.counts;
  return {
    all: faults.length,
    tried,
    missed,
    packets,
    taken,
    ...(finding === undefined ? {} : { finding }),
  };
});

/** What was to take everything back did not work. */
function asWrong(error: unknown): Wrong {
  if (error instanceof MoveFailed) return { kind: 'unrepaired', text: error.message };
  throw error;
}
