/** The part of the machine that leaves out lines of the firewall. */
import { performance } from 'node:perf_hooks';
import { openLinux } from '../../world/linux.ts';
import type { LinuxOptions } from '../../world/linux.ts';
import { sure } from '../../world/processes.ts';
import type { Found, Outcome, Progress } from '../findings.ts';
import { inTurn } from '../../order.ts';
import { leaveOut, Ruleset, wrongPackets } from './leave-out.ts';
import type { Phase } from './packets.ts';
import { closedScenario } from './scenario-closed.ts';
import { customScenario } from './scenario-custom.ts';
import { openScenario } from './scenario-open.ts';
import type { Scenario } from './scenario.ts';

export const SCENARIOS: readonly Scenario[] = [openScenario, closedScenario, customScenario];

export async function tryFirewall(
  name: string,
  { seed, until, log }: Progress,
  {
    only,
    also,
    ...options
  }: LinuxOptions & { readonly only?: string; readonly also?: string } = {},
): Promise<Outcome> {
  const scenario = SCENARIOS.find((one) => one.name === name);
  if (scenario === undefined) throw new Error(`there is no scenario '${name}'`);
  const started = performance.now();
  const world = await openLinux({ servers: false, ...options });
  const { stage, phases } = await scenario.open(world);
  log(`${name} is there after ${Math.round(performance.now() - started)} ms`);
  if (also !== undefined) await sure(['nft', also]);
  const rules = await Ruleset.read(stage);
  const wrong = await wrongPackets(stage, rules, { phases });
  if (wrong.length > 0)
    return { tried: {}, found: wrong.map(({ kind, text }) => ({ kind, text })) };
  const lines = inTurn(
    rules
      .lines()
      .filter((line) => scenario.has(line))
      .filter(({ name: line }) => only === undefined || new RegExp(only).test(line)),
    seed,
    ({ kind }) => kind,
  );
  const found: Found[] = [];
  let tried = 0;
  for (const line of lines) {
    if (tried > 0 && Date.now() >= until) break;
    const one = await leaveOut(stage, rules, { phases, line, log });
    if (one !== undefined) found.push(one);
    tried += 1;
  }
  stage.close();
  await world.close();
  const packets = countOf(phases);
  return { tried: { 'lines left out': tried, 'of lines': lines.length, packets }, found };
}

function countOf(phases: readonly Phase[]): number {
  return phases.reduce((sum, { asked, sent }) => sum + asked.length + sent.length, 0);
}
