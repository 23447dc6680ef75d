/** Attackers send volleys, one after the other, and after each one it is looked at what came of it. */
import type { Campaign, Case, HostileFinding } from './findings.ts';
import { u16, u8 } from './frames/bytes.ts';
import type { Host, KindOfHost } from './scene/host.ts';
import { differences, look } from './scene/look.ts';
import type { Looks } from './scene/look.ts';
import { markOf } from './scene/marks.ts';
import { mayBeSeen } from './scene/places.ts';
import type { Place } from './scene/places.ts';
import { ATTACKERS, GOOD, goodStation } from './scene/plan.ts';
import { LINKS } from './scene/scene.ts';
import type { Station } from './scene/scene.ts';
import { knocking, sendDatagrams, silentOf } from './scene/well-behaved.ts';
import { controlShots } from './volleys/controls.ts';
import { volleyOf } from './volleys/index.ts';
import type { Shot } from './volleys/shot.ts';

export interface CampaignOptions {
  readonly kind: KindOfHost;
  readonly seed: number;
  readonly cases: readonly Case[];
  /** Begins no volley after this time, as `Date.now()` tells it. */
  readonly until: number;
  readonly log: (line: string) => void;
}

/** An ordinary packet after so many frames. */
const BETWEEN = 2_000;
/** How long something may take to arrive, in milliseconds. */
const PATIENCE = 5_000;

export async function campaign(host: Host, options: CampaignOptions): Promise<Campaign> {
  const one = new Campaigner(host, options);
  return one.run();
}

/** A frame that was sent. */
interface Sent {
  readonly case: Case;
  readonly shot: Shot;
  /** Its place in the volley, if it is of one. */
  readonly index?: number;
}

class Campaigner {
  readonly #host: Host;
  readonly #options: CampaignOptions;
  readonly #sent: Sent[] = [];
  readonly #judged = new Map<Place, Set<number>>();
  readonly #findings: HostileFinding[] = [];
  #count = 0;
  /** How many the present case has. */
  #frames = 0;

  constructor(host: Host, options: CampaignOptions) {
    this.#host = host;
    this.#options = options;
  }

  async run(): Promise<Campaign> {
    const { cases, until, log } = this.#options;
    // Bridges learn where the attackers are, and the others where their neighbours are.
    for (const attacker of ATTACKERS)
      await this.#shoot({ volley: 'controls', attacker, by: 'administrator' }, []);
    let before = await look(this.#host);
    let volleys = 0;
    for (const next of cases) {
      if (Date.now() > until) break;
      const started = Date.now();
      await this.#shoot(next, [...volleyOf(next.volley).shots(this.#host.scenes[next.attacker])]);
      const after = await look(this.#host);
      this.#compare(next, before, after);
      before = after;
      volleys += 1;
      const { volley, attacker, by } = next;
      log(`${volley} from ${attacker} (${by}): ${this.#frames} frames, ${Date.now() - started} ms`);
    }
    const seen = Object.fromEntries(
      [...this.#judged].map(([place, numbers]) => [place, numbers.size]),
    );
    return { volleys, sent: this.#count, seen, findings: this.#findings };
  }

  /** Sends, and judges what arrived. */
  async #shoot(one: Case, shots: readonly Shot[]): Promise<void> {
    const controls = controlShots(one.attacker, this.#host.scenes[one.attacker]);
    const chosen = one.only ?? [...shots.keys()];
    this.#frames = chosen.length;
    const sending = chosen.flatMap((index, place) => {
      const shot = shots[index];
      if (shot === undefined) throw new RangeError(`'${one.volley}' has no frame ${index}`);
      const between = place % BETWEEN === BETWEEN - 1 ? controls.map(alone) : [];
      return [{ shot, index }, ...between];
    });
    const [, silent] = await Promise.all([
      this.#send(one, [...sending, ...controls.map(alone)]),
      silentOf(this.#host),
    ]);
    if (silent.length > 0) this.#find(one, 'deaf', some(silent));
    await this.#control(one, controls);
    this.#judge();
  }

  /** Sends what has to arrive, and a packet of the host to every place: no tap is blind. Once more if it did not arrive. */
  async #control(one: Case, controls: readonly Shot[]): Promise<void> {
    let missing: readonly string[] = [];
    for (let attempt = 0; attempt < 3; attempt += 1) {
      const first = this.#sent.length;
      if (attempt > 0) await this.#send(one, controls.map(alone));
      await this.#knock(one);
      missing = await this.#missing(first);
      if (missing.length === 0) return;
    }
    this.#find(one, 'deaf', some(missing));
  }

  async #send(one: Case, sending: readonly Omit<Sent, 'case'>[]): Promise<void> {
    const parts: Uint8Array[] = [];
    for (const { shot, index } of sending) {
      const frame = shot.bytes(
        this.#mark({ case: one, shot, ...(index === undefined ? {} : { index }) }),
      );
      parts.push(u8(LINKS.indexOf(shot.link)), u16(frame.length), frame);
    }
    this.#count += await this.#host.send(one.attacker, one.by, Buffer.concat(parts));
  }

  /** Counts a frame as sent, and gives the mark with its number. */
  #mark(sent: Sent): Buffer {
    this.#sent.push(sent);
    return markOf(this.#options.seed, this.#sent.length - 1);
  }

  async #knock(one: Case): Promise<void> {
    const stations: (readonly [Place, Pick<Station, 'ipv4' | 'ipv6'>])[] = [
      ['outside', this.#host.scenes.evil.outside],
      ...GOOD.map((name) => [name, goodStation(name)] as const),
    ];
    const packets = stations.flatMap(([place, station]) =>
      (['ipv4', 'ipv6'] as const).map((family) => {
        const shot = knocking(place);
        return { address: station[family], data: this.#mark({ case: one, shot }) };
      }),
    );
    await sendDatagrams(packets);
  }

  /** What has to be seen of the frames from this number on, and is not in time. */
  async #missing(first: number): Promise<readonly string[]> {
    const wanted = (): readonly string[] =>
      this.#sent.slice(first).flatMap(({ shot: { must = [], name } }, index) => {
        const seen = this.#host.taps.placesOf(first + index);
        return must
          .filter((place) => !seen.has(place))
          .map((place) => `${name} is not seen at ${place}`);
      });
    const end = Date.now() + PATIENCE;
    while (wanted().length > 0 && Date.now() < end)
      await new Promise((resolve) => setTimeout(resolve, 20));
    return wanted();
  }

  /** Looks at what was seen since the last time. Of frames that are alike in where they passed it tells one. */
  #judge(): void {
    const wrong = new Map<
      string,
      { readonly number: number; readonly place: Place; count: number }
    >();
    for (const [number, place] of this.#news()) {
      const sent = this.#sent[number];
      if (sent === undefined || isRight(sent.shot, place)) continue;
      const { volley, attacker, by } = sent.case;
      const key = [volley, attacker, by, sent.shot.link, place].join();
      const known = wrong.get(key) ?? { number, place, count: 0 };
      known.count += 1;
      wrong.set(key, known);
    }
    for (const { number, place, count } of wrong.values()) {
      const { case: one, shot, index } = this.#sent[number] as Sent;
      const others = count === 1 ? '' : `, and ${count - 1} like it`;
      const frame = shot.bytes(markOf(this.#options.seed, number)).toString('hex');
      this.#find(
        one,
        'passed',
        `'${shot.name}', sent on ${shot.link}, was seen at ${place}${others}`,
        index === undefined ? { frame } : { frame, index },
      );
    }
  }

  *#news(): Iterable<readonly [number, Place]> {
    for (const [number, places] of this.#host.taps.seen())
      for (const place of places) {
        const judged = this.#judged.get(place) ?? new Set();
        this.#judged.set(place, judged);
        if (judged.has(number)) continue;
        judged.add(number);
        yield [number, place];
      }
  }

  #compare(one: Case, before: Looks, after: Looks): void {
    const host = differences(before.host, after.host);
    const neighbours = differences(before.neighbours, after.neighbours);
    if (host.length > 0) this.#find(one, 'host changed', host.slice(0, 20).join('\n'));
    if (neighbours.length > 0)
      this.#find(one, 'neighbour changed', neighbours.slice(0, 20).join('\n'));
  }

  #find(
    one: Case,
    kind: HostileFinding['kind'],
    text: string,
    frame: Pick<HostileFinding, 'frame' | 'index'> = {},
  ): void {
    this.#options.log(`${kind}: ${text}`);
    const { kind: host } = this.#options;
    this.#findings.push({ kind, text, host, case: one, frames: this.#frames, ...frame });
  }
}

function isRight({ link, verdict, must }: Shot, place: Place): boolean {
  return must?.includes(place) === true || mayBeSeen(link, verdict, place);
}

function alone(shot: Shot): Omit<Sent, 'case'> {
  return { shot };
}

function some(list: readonly string[]): string {
  const [first = '', ...others] = list;
  return others.length === 0 ? first : `${first} (and ${others.length} more)`;
}
