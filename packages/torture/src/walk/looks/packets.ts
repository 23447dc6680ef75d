/** Packets: what must pass passes, and nothing else. */
import { runningAs } from '../../model/reach.ts';
import type { Model } from '../../model/state.ts';
import { judge, probesOf } from '../../model/questions.ts';
import type { Probe } from '../../model/questions.ts';
import type { Packets } from '../../world/world.ts';
import type { Counts, Found } from '../findings.ts';

/** Waits for the servers of all that run: one that does not listen yet would look like a closed way. */
export async function silentServers(world: Packets, model: Model): Promise<Found> {
  const running = [...model.containers.values()].filter((one) => one.running);
  const missing = await world.missing(running.map(({ label }) => label));
  if (missing.length === 0) return undefined;
  return { kind: 'no server', text: `not there: ${missing.join(', ')}` };
}

/** Tries all packets; those that went wrong a second time, to tell a lost one from a closed way. */
export async function packets(world: Packets, model: Model, counts: Counts): Promise<Found> {
  const silent = await silentServers(world, model);
  if (silent !== undefined) return silent;
  const probes = probesOf(model);
  const wrong = await ask(world, probes, counts);
  if (wrong.length === 0) return undefined;
  const again = await ask(
    world,
    wrong.map(({ probe }) => probe),
    counts,
  );
  const kind = again[0] === undefined ? 'late' : (again[0].kind ?? 'late');
  const worst = again.length > 0 ? again : wrong;
  return {
    kind,
    text:
      worst
        .slice(0, 12)
        .map((one) => `${describe(model, one)}${reason(world, one)}`)
        .join('\n') + more(worst.length - 12),
  };
}

function more(count: number): string {
  return count > 0 ? `\nand ${count} more` : '';
}

interface Wrong {
  readonly probe: Probe;
  readonly answer: string;
  readonly kind: ReturnType<typeof judge>;
}

async function ask(
  world: Packets,
  probes: readonly Probe[],
  counts: Counts,
): Promise<readonly Wrong[]> {
  const questions = probes.map(({ expected, ...question }) => ({
    ...question,
    answers: expected !== 'nothing',
  }));
  const answers = await world.ask(questions);
  counts.packets += probes.length;
  return probes
    .map((probe, index) => ({
      probe,
      answer: answers[index] ?? '',
      kind: judge(probe, answers[index] ?? ''),
    }))
    .filter(({ kind }) => kind !== undefined);
}

function reason(world: Packets, { probe: { expected, ...question } }: Wrong): string {
  const why = world.why?.({ ...question, answers: expected !== 'nothing' });
  return why === undefined ? '' : ` (${why})`;
}

function describe(model: Model, { probe, answer, kind }: Wrong): string {
  const { from, address, port, protocol, expected } = probe;
  const must =
    expected === 'nothing' ? 'nothing' : [expected.server, expected.sender ?? '(any)'].join(' ');
  const asker = runningAs(model, from)?.driver ?? '';
  return `${kind}: ${from} ${asker} to ${address} ${protocol} ${port}: '${answer}' instead of '${must}'`;
}
