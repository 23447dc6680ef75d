/** Packets on a modelled FreeBSD host: its pf, routes, bridges and jails say where they go. */
import type { Card, HostState } from '@kleenet/freebsd-model';
import { Delivery, HOST_PLACE, OUTSIDE_PLACE } from '@kleenet/freebsd-model/packets';
import type { Outcome, Place, Question } from '@kleenet/freebsd-model/packets';
import {
  CONTAINER_PORTS,
  HOST,
  HOST_ADDRESS,
  OUTSIDE,
  OUTSIDE_ADDRESS,
  SERVICE,
} from './places.ts';
import type { Packets } from './world.ts';

/** The host's link to the machine outside. */
export const CARD: Card = {
  name: 'ext0',
  ether: '02:00:5e:00:53:01',
  addresses: [`${HOST_ADDRESS.ipv4}/24`, `${HOST_ADDRESS.ipv6}/64`],
};

export const DEFAULT_ROUTES: readonly (readonly [string, ...string[]])[] = [
  ['route', '-n', 'add', 'default', OUTSIDE_ADDRESS.ipv4],
  ['route', '-n', 'add', '-inet6', 'default', OUTSIDE_ADDRESS.ipv6],
];

/** What a container runs: the number of its label tells one from the other. */
export function commandOf(label: string): string {
  return `sleep ${1_000_000 + Number(label.split('#')[1])}`;
}

/** Servers are the commands of containers: they answer at once, wherever something arrives. */
export class ModelPackets implements Packets {
  readonly #state: () => HostState;
  readonly #labels = new Set<string>();

  /** @param state - gives the host as it is now */
  constructor(state: () => HostState) {
    this.#state = state;
  }

  serverWords(label: string): readonly string[] {
    this.#labels.add(label);
    return ['host', ...commandOf(label).split(' ')];
  }

  /** A server is there when the command of its container runs in a jail. */
  async missing(labels: readonly string[]): Promise<readonly string[]> {
    const state = this.#state();
    return labels.filter((label) => jailOf(state, label) === undefined);
  }

  async ask(questions: readonly Question[]): Promise<readonly string[]> {
    const state = this.#state();
    const places = this.#places(state);
    const labels = new Map([...places].map(([label, place]) => [place, label]));
    const delivery = deliveryOn(state);
    return questions.map(({ from, ...question }) => {
      const outcome = delivery.ask({ from: places.get(from) ?? from, ...question });
      return 'lost' in outcome ? '' : answer(outcome, labels.get(outcome.place));
    });
  }

  why({ from, ...question }: Question): string {
    const state = this.#state();
    const place = this.#places(state).get(from) ?? from;
    const outcome = deliveryOn(state).ask({ from: place, ...question });
    return 'lost' in outcome ? outcome.lost : `${outcome.place} got it`;
  }

  /** The model of pf has no states that outlast a question. */
  async open(): Promise<string> {
    return '';
  }

  async say(_from: string, flows: readonly object[]): Promise<readonly string[]> {
    return flows.map(() => '');
  }

  #places(state: HostState): Map<string, Place> {
    const places = new Map<string, Place>([
      [HOST, HOST_PLACE],
      [OUTSIDE, OUTSIDE_PLACE],
    ]);
    for (const label of this.#labels) {
      const jail = jailOf(state, label);
      if (jail !== undefined) places.set(label, jail);
    }
    return places;
  }
}

function deliveryOn(state: HostState): Delivery {
  return new Delivery(state, { card: CARD.name, addresses: Object.values(OUTSIDE_ADDRESS) });
}

/** The name of the jail that runs the command of a label. */
function jailOf({ processes, jails }: HostState, label: string): string | undefined {
  const found = processes.find(({ command }) => command === commandOf(label));
  return jails.find(({ jid }) => jid === found?.jid)?.name;
}

function answer(
  { place, port, sender }: Exclude<Outcome, { readonly lost: string }>,
  server: string | undefined,
): string {
  const ports: readonly number[] =
    place === HOST_PLACE || place === OUTSIDE_PLACE ? [SERVICE] : CONTAINER_PORTS;
  return server !== undefined && ports.includes(port) ? `${server} ${sender}` : '';
}
