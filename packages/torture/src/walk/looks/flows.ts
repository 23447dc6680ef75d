/** Connections that stay: a step cuts those that may not be any more, and leaves the others alone. */
import type { Found } from '../findings.ts';
import { reaches, runningAs } from '../../model/reach.ts';
import type { Answer } from '../../model/reach.ts';
import { CONTAINER_PORTS, SERVICE } from '../../world/places.ts';
import type { Question } from '../../world/places.ts';
import type { Model } from '../../model/state.ts';
import { probesOf } from '../../model/questions.ts';
import type { Step } from '../steps/step.ts';
import { silentServers } from './packets.ts';
import type { Packets } from '../../world/world.ts';

/** How many connections are open at a time. */
const MOST_FLOWS = 24;
/** How many that have ended are tried again: the next holder of the address must not hear them. */
const MOST_ENDED = 12;
/** How long an answer is awaited, in milliseconds: where none may come, and where one must. */
const PATIENCES = { end: 250, 'go on': 2_000 } as const;
type Fate = keyof typeof PATIENCES;

/** Commands that leave the connections of all containers alone that they do not change. */
const QUIET: ReadonlySet<string> = new Set([
  'create network',
  'remove network',
  'run',
  'run and remove',
  'create',
  'start',
  'stop',
  'remove container',
  'remove by force',
  'rename',
  'connect',
  'disconnect',
  'prune networks',
  'prune containers',
  'system up',
  'exec',
  'port freed',
]);

interface Flow {
  readonly flow: number;
  readonly question: Question;
  readonly expected: Answer;
}

interface Judged extends Flow {
  readonly must: Fate;
}

export interface Taken {
  readonly step: Step;
  readonly earlier: Model;
  readonly model: Model;
}

export class Flows {
  readonly #world: Packets;
  #flows: readonly Flow[] = [];
  #ended: readonly Flow[] = [];

  constructor(world: Packets) {
    this.#world = world;
  }

  /** Opens connections of every kind that the model knows to pass, in place of those from before. */
  async open(model: Model): Promise<void> {
    const taken = new Set(this.#ended.map(({ flow }) => flow));
    const free = Array.from({ length: MOST_FLOWS + MOST_ENDED }, (_, id) => id).filter(
      (id) => !taken.has(id),
    );
    const flows = choose(model).map((one, index) => ({ ...one, flow: free[index] ?? 0 }));
    const greetings = await Promise.all(
      flows.map(({ flow, question }) => this.#world.open({ ...question, flow, answers: true })),
    );
    this.#flows = flows.filter((_, index) => greetings[index] !== '');
  }

  /** Says something on each connection after a step. */
  async compare(taken: Taken): Promise<Found> {
    const silent = await silentServers(this.#world, taken.model);
    if (silent !== undefined) return silent;
    const judge = (flow: Flow): readonly Judged[] => {
      const must = fateOf(flow, taken);
      return must === undefined ? [] : [{ ...flow, must }];
    };
    // Nothing says that what has ended goes on when its way is open again.
    const ended = this.#ended.flatMap(judge).filter(({ must }) => must === 'end');
    const judged = [...this.#flows.flatMap(judge), ...ended];
    this.#ended = judged.filter(({ must }) => must === 'end').slice(0, MOST_ENDED);
    const askers = [...new Set(judged.map(({ question }) => question.from))];
    const wrong = await Promise.all(
      askers.map(async (from) => {
        const own = judged.filter(({ question }) => question.from === from);
        const said = own.map(({ flow, must }) => ({ flow, most: PATIENCES[must] }));
        const answers = await this.#world.say(from, said);
        return own.filter(({ must }, index) => (answers[index] === '') !== (must === 'end'));
      }),
    );
    const [first, ...others] = wrong.flat();
    if (first === undefined) return undefined;
    const kind = first.must === 'end' ? 'outlived' : 'cut';
    return { kind, text: [first, ...others].map(describe).join('\n') };
  }
}

/** One of each asker, server and protocol: to an address of the server, and to a published port. */
function choose(model: Model): readonly Omit<Flow, 'flow'>[] {
  const chosen = new Map<string, Omit<Flow, 'flow'>>();
  for (const { expected, ...question } of probesOf(model)) {
    if (expected === 'nothing') continue;
    const isPublished = ![...CONTAINER_PORTS, SERVICE].includes(question.port);
    const key = [question.from, expected.server, question.protocol, isPublished].join(' ');
    if (!chosen.has(key)) chosen.set(key, { question, expected });
  }
  return [...chosen.values()].slice(0, MOST_FLOWS);
}

/** What must have come of a connection; undefined where nothing says it. */
function fateOf({ question, expected }: Flow, { step, earlier, model }: Taken): Fate | undefined {
  const now = reaches(model, question);
  if (now === 'nothing') return 'end';
  const same = JSON.stringify(now) === JSON.stringify(expected);
  const untouched = [question.from, expected.server].every(
    (label) => connectionsOf(earlier, label) === connectionsOf(model, label),
  );
  return same && untouched && QUIET.has(step.do) ? 'go on' : undefined;
}

function connectionsOf(model: Model, label: string): string {
  const { endpoints, ports } = runningAs(model, label) ?? {};
  return JSON.stringify({ endpoints, ports });
}

function describe({ question, must }: Judged): string {
  const { from, address, port, protocol } = question;
  return `${from} to ${address} ${protocol} ${port} was to ${must}`;
}
