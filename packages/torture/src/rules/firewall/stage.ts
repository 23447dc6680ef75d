/** A host with networks and containers, and a prober at every place that packets come from or go to. */
import { copyModel, emptyModel } from '../../model/state.ts';
import type { Model } from '../../model/state.ts';
import { HOST, OUTSIDE, SERVICE } from '../../world/places.ts';
import { sure } from '../../world/processes.ts';
import type { World } from '../../world/world.ts';
import { kindOf } from '../../walk/steps/index.ts';
import type { Step } from '../../walk/steps/step.ts';
import { Prober } from './probers.ts';
import type { Asking, Patience, Sending } from './probers.ts';

const CONTAINER_PORTS = [5000, 5001];

/** A link in a namespace. */
export interface Nic {
  readonly mac: string;
  readonly addresses: readonly string[];
}

export class Stage {
  readonly world: World;
  readonly model: Model = emptyModel();
  readonly #probers = new Map<string, Prober>();
  readonly #namespaces = new Map<string, string>();

  /** Containers need no servers of their own: probers are these. */
  constructor(world: World) {
    this.world = { ...world, serverWords: () => ['host', 'sleep', '86400'] };
  }

  /** Takes steps one after the other in the model, and at the same time on the host. */
  async take(steps: readonly Step[]): Promise<void> {
    const acts = steps.map((step) => {
      const kind = kindOf(step);
      const earlier = copyModel(this.model);
      const refusals = kind.change(this.model, step);
      if (refusals.length > 0) throw new Error(`${JSON.stringify(step)}: ${refusals.join()}`);
      return kind.act(this.world, step, refusals, earlier);
    });
    for (const trouble of await Promise.all(acts))
      if (trouble !== undefined) throw new Error(trouble);
  }

  /** Runs klee, which must succeed. */
  async klee(line: string): Promise<string> {
    const { status, stdout, stderr } = await this.world.klee(line.split(' '));
    if (status !== 0) throw new Error(`klee ${line}: ${stderr}`);
    return stdout;
  }

  /** A machine of the user's, behind the interface of the host that is named after it. */
  async machine(name: string, addresses: readonly string[], via: readonly string[]): Promise<void> {
    await sure(['ip', 'netns', 'add', name]);
    await ip(`link add name ${name} type veth peer name eth0 netns ${name}`);
    await ip(`link set dev ${name} addrgenmode none up`);
    await ip(`-netns ${name} link set dev lo up`);
    await ip(`-netns ${name} link set dev eth0 addrgenmode none up`);
    for (const address of addresses)
      await ip(
        `-netns ${name} address add ${address} dev eth0${address.includes(':') ? ' nodad' : ''}`,
      );
    for (const gateway of via) await ip(`-netns ${name} route add default via ${gateway} dev eth0`);
  }

  /** Starts the probers of all containers, of the host and outside, and of these machines. */
  async probe(machines: readonly string[], onHost: readonly string[] = []): Promise<void> {
    for (const { name, id } of await this.#containers()) {
      const label = this.model.containers.get(name)?.label ?? name;
      this.#open(label, `klee-${id}`, CONTAINER_PORTS);
    }
    for (const name of [OUTSIDE, ...machines]) this.#open(name, name, [SERVICE]);
    this.#open(HOST, undefined, [SERVICE, ...onHost]);
    await Promise.all([...this.#probers.values()].map(({ ready }) => ready));
  }

  async #containers(): Promise<readonly { readonly name: string; readonly id: string }[]> {
    return JSON.parse(await this.klee('container ls')) as { name: string; id: string }[];
  }

  async idOf(name: string): Promise<string> {
    return (await this.#containers()).find((one) => one.name === name)?.id ?? '';
  }

  #open(label: string, netns: string | undefined, ports: readonly (number | string)[]): void {
    if (netns !== undefined) this.#namespaces.set(label, netns);
    this.#probers.set(label, new Prober(label, netns, ports));
  }

  /** Whether there is a prober at a place. */
  has(label: string): boolean {
    return this.#probers.has(label);
  }

  /** A link of a place. */
  async nic(label: string, device: string): Promise<Nic> {
    const netns = this.#namespaces.get(label);
    const before = netns === undefined ? [] : ['-netns', netns];
    const [found] = JSON.parse(
      await sure(['ip', ...before, '-json', 'address', 'show', 'dev', device]),
    ) as { address: string; addr_info: { local: string }[] }[];
    return {
      mac: found?.address ?? '',
      addresses: (found?.addr_info ?? []).map(({ local }) => local),
    };
  }

  /** Both ends of the link of an ipnet container, as a frame from it has them. */
  async linkOf(
    label: string,
    name: string,
  ): Promise<{ readonly fromMac: string; readonly toMac: string }> {
    const [own, other] = [
      await this.nic(label, 'eth0'),
      await this.nic(HOST, `klc${await this.idOf(name)}`),
    ];
    return { fromMac: own.mac, toMac: other.mac };
  }

  /** The interface of a network. */
  async interfaceOf(network: string): Promise<string> {
    const { network: found } = JSON.parse(await this.klee(`network inspect ${network}`)) as {
      network: { interface: string };
    };
    return found.interface;
  }

  /** The host's end of a container on a bridge. */
  async portOf(network: string, container: string): Promise<string> {
    const { network_endpoints: ends } = JSON.parse(
      await this.klee(`network inspect ${network}`),
    ) as { network_endpoints: { container_name: string; epair: string }[] };
    return ends.find(({ container_name: name }) => name === container)?.epair ?? '';
  }

  async forget({ connections }: { readonly connections: boolean }): Promise<void> {
    if (connections) await this.world.host(['conntrack', '-F']);
    await Promise.all([
      sure(['ip', 'route', 'flush', 'cache']),
      ...[...this.#probers.values()].map((prober) => prober.forget()),
    ]);
  }

  /** Asks all at once. */
  async ask(questions: readonly Asking[], patience: Patience): Promise<readonly string[]> {
    const answers = questions.map(() => '');
    await this.#each(questions, async (prober, own) => {
      const said = await prober.ask(
        own.map(({ one }) => one),
        patience,
      );
      own.forEach(({ index }, place) => (answers[index] = said[place] ?? ''));
    });
    return answers;
  }

  async send(frames: readonly (Sending & { readonly from: string })[]): Promise<void> {
    await this.#each(frames, (prober, own) =>
      prober.send(own.map(({ one: { device, hex } }) => ({ device, hex }))),
    );
  }

  async #each<T extends { readonly from: string }>(
    all: readonly T[],
    act: (prober: Prober, own: readonly { one: T; index: number }[]) => Promise<void>,
  ): Promise<void> {
    const indexed = all.map((one, index) => ({ one, index }));
    await Promise.all(
      [...new Set(all.map(({ from }) => from))].map((from) => {
        const prober = this.#probers.get(from);
        if (prober === undefined) throw new Error(`nothing is at ${from}`);
        return act(
          prober,
          indexed.filter(({ one }) => one.from === from),
        );
      }),
    );
  }

  /** What arrived, by place. */
  async notes(): Promise<ReadonlyMap<string, readonly string[]>> {
    const all = [...this.#probers].map(
      async ([label, prober]) => [label, await prober.notes()] as const,
    );
    return new Map(await Promise.all(all));
  }

  close(): void {
    for (const prober of this.#probers.values()) prober.close();
  }
}

export function ip(line: string): Promise<string> {
  return sure(['ip', ...line.split(' ')]);
}
