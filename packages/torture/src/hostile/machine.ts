/** The machine `hostile`: containers that send what they must not, and what comes of it at every place. */
import { join } from 'node:path';
import { inNamespaces } from '../in-namespaces.ts';
import type { Fault, Machine, MachineOptions, Result } from '../machine.ts';
import { shorten } from '../walk/shorten.ts';
import { shuffled } from '../order.ts';
import { casesOf } from './cases.ts';
import type { CampaignOrder } from './campaign-main.ts';
import { HOSTILE_KINDS } from './findings.ts';
import type { Campaign, HostileFinding } from './findings.ts';
import { KINDS_OF_HOST } from './scene/host.ts';

const MAIN = join(import.meta.dirname, 'campaign-main.ts');
/** How long the frames of a finding are reduced, in milliseconds. */
const SHORTENING = 600_000;

export const hostileMachine: Machine = { name: 'hostile', kinds: HOSTILE_KINDS, run };

/** Goes through the complete list on one kind of host after the other, as far as there is time. */
async function run(options: MachineOptions): Promise<Result> {
  const { seed, seconds, log } = options;
  const program = options.klee === undefined ? {} : { klee: options.klee };
  const until = Date.now() + seconds * 1000;
  const cases = casesOf(seed);
  const tried: Record<string, number> = {
    volleys: 0,
    'of volleys': cases.length * KINDS_OF_HOST.length,
    frames: 0,
  };
  const findings: HostileFinding[] = [];
  for (const kind of shuffled(KINDS_OF_HOST, seed)) {
    if (Date.now() > until) break;
    log(`a ${kind} host`);
    const result = await take({ kind, seed, cases, until, ...program }, log);
    tried['volleys'] = (tried['volleys'] ?? 0) + result.volleys;
    tried['frames'] = (tried['frames'] ?? 0) + result.sent;
    for (const [place, count] of Object.entries(result.seen))
      tried[`seen at ${place}`] = (tried[`seen at ${place}`] ?? 0) + count;
    findings.push(...result.findings);
  }
  const faults: Fault[] = [];
  const end = Date.now() + SHORTENING;
  for (const finding of findings)
    faults.push(await faultOf({ seed, ...program }, finding, end, log));
  return { tried, faults };
}

/** What all campaigns of a run have in common. */
type Common = Pick<CampaignOrder, 'seed' | 'klee'>;

async function faultOf(
  common: Common,
  finding: HostileFinding,
  until: number,
  log: (line: string) => void,
): Promise<Fault> {
  const { kind, host, case: one, text, frame } = finding;
  log(`${kind}: ${text}`);
  const only = await shortest(common, finding, until, log);
  const { attacker, by, volley } = one;
  const where = `on a ${host} host, '${volley}' from ${attacker} (${by})`;
  return {
    kind,
    seed: common.seed,
    text: [`${where}:`, text, ...(frame === undefined ? [] : [frame])].join('\n'),
    shortened: JSON.stringify({
      kind: host,
      cases: [only.length === finding.frames ? one : { ...one, only }],
    }),
  };
}

/** The places in the volley of the fewest frames that lead to a finding of the same kind, on a new host each time. */
async function shortest(
  common: Common,
  { kind, host, case: one, index, frames }: HostileFinding,
  until: number,
  log: (line: string) => void,
): Promise<readonly number[]> {
  const shows = async (only: readonly number[]): Promise<boolean> => {
    const cases = [{ ...one, only }];
    const order = { ...common, kind: host, cases, until: Number.MAX_SAFE_INTEGER };
    const { findings } = await take(order, () => undefined);
    const shown = findings.some((finding) => finding.kind === kind);
    log(`${only.length} frames: ${shown ? kind : 'nothing'}`);
    return shown;
  };
  if (index !== undefined && Date.now() < until && (await shows([index]))) return [index];
  return shorten([...Array(frames).keys()], shows, { until });
}

/** Takes a campaign in a process of its own, in namespaces that die with it. */
export function take(order: CampaignOrder, log: (line: string) => void): Promise<Campaign> {
  return inNamespaces<CampaignOrder, Campaign>(MAIN, order, log);
}
