/** Packets whose fate is known, and what came of them. */
import { judge } from '../../model/questions.ts';
import type { Probe } from '../../model/questions.ts';
import type { Patience, Sending } from './probers.ts';
import type { Stage } from './stage.ts';

/** A connection or a datagram, and who must answer it. */
export interface Asked {
  readonly probe: Omit<Probe, 'expected'> & { readonly source?: string };
  /** `refused`: an ICMP error must come back. */
  readonly expected: Probe['expected'] | 'refused';
}

/** A frame, where it is looked for, and whether it must arrive. */
export interface Sent extends Sending {
  readonly name: string;
  readonly from: string;
  readonly at: string;
  /** What is noted of it there. */
  readonly note: RegExp;
  readonly arrives: boolean;
}

/** A state of the host in which packets are tried. */
export interface Phase {
  readonly name: string;
  readonly asked: readonly Asked[];
  readonly sent: readonly Sent[];
  /** What is done before the rules are loaded, if connections from then are to stay. */
  readonly earlier?: () => Promise<void>;
  readonly enter?: () => Promise<void>;
  readonly leave?: () => Promise<void>;
}

export interface Wrong {
  readonly kind: 'deaf' | 'open' | 'wrong answer';
  readonly text: string;
  readonly packet: Asked | Sent;
}

/** At first, and for those that went wrong: on a busy machine what must arrive may be late. */
const HASTY: readonly Patience[] = [
  { least: 250, most: 800 },
  { least: 500, most: 3000 },
];
const PATIENT: readonly Patience[] = [{ least: 2000, most: 3000 }];

/** Tries all packets of a phase, and those that went wrong once more. */
export async function tryPackets(
  stage: Stage,
  { asked, sent, earlier }: Phase,
  patient: boolean,
): Promise<readonly Wrong[]> {
  const keep = earlier !== undefined;
  let wrong: readonly Wrong[] = [];
  let packets: readonly (Asked | Sent)[] = [...asked, ...sent];
  for (const patience of patient ? PATIENT : HASTY) {
    wrong = await tryOnce(stage, packets, patience, keep);
    packets = wrong.map(({ packet }) => packet).slice(0, 20);
    if (wrong.length === 0) break;
  }
  return wrong;
}

async function tryOnce(
  stage: Stage,
  packets: readonly (Asked | Sent)[],
  patience: Patience,
  keep: boolean,
): Promise<readonly Wrong[]> {
  await stage.forget({ connections: !keep });
  const asked = packets.filter((packet) => 'probe' in packet);
  const sent = packets.filter((packet) => 'hex' in packet);
  const [answers] = await Promise.all([
    stage.ask(
      asked.map(({ probe, expected }) => ({ ...probe, answers: expected !== 'nothing' })),
      patience,
    ),
    stage.send(sent),
    new Promise((resolve) => setTimeout(resolve, patience.least)),
  ]);
  const notes = sent.length === 0 ? new Map() : await stage.notes();
  return [
    ...asked.flatMap((packet, index) => judgeAsked(packet, answers[index] ?? '')),
    ...sent.flatMap((packet) => judgeSent(packet, notes.get(packet.at) ?? [])),
  ];
}

function judgeAsked(packet: Asked, answer: string): Wrong[] {
  const { probe, expected } = packet;
  const kind = verdict(packet, answer);
  if (kind === undefined) return [];
  const { from, source, address, protocol, port } = probe;
  const must = typeof expected === 'string' ? expected : `${expected.server} ${expected.sender}`;
  const as = source === undefined ? '' : ` as ${source}`;
  const text = `${from}${as} to ${address} ${protocol} ${port}: '${answer}' instead of '${must}'`;
  return [{ kind, text, packet }];
}

function verdict({ probe, expected }: Asked, answer: string): Wrong['kind'] | undefined {
  if (expected === 'refused') return answer === '!ECONNREFUSED' ? undefined : 'deaf';
  return judge({ ...probe, expected }, answer.startsWith('!') ? '' : answer);
}

function judgeSent(packet: Sent, notes: readonly string[]): Wrong[] {
  const { name, at, note, arrives } = packet;
  const arrived = notes.some((one) => note.test(one));
  if (arrived === arrives) return [];
  const text = `${name}: ${arrives ? 'did not arrive' : 'arrived'} at ${at}`;
  return [{ kind: arrives ? 'deaf' : 'open', text, packet }];
}
