/** What may happen to a host between two commands: each of these `system check` must tell, and `system repair` mend. */
import { networkOf } from '../../../model/state.ts';
import type { Container, Endpoint, Model } from '../../../model/state.ts';
import type { World } from '../../../world/world.ts';

/** Where something happens: to a running container, on the network of one of its connections. */
export interface Place {
  readonly world: World;
  readonly model: Model;
  readonly container: Container;
  readonly endpoint: Endpoint;
}

export interface Mishap {
  /** Which driver's containers it happens to; those of both when nothing is said. */
  readonly driver?: Container['driver'];
  /** What mends it; `klee system repair` unless given. */
  readonly mends?: 'restart';
  possible?(model: Model, container: Container, endpoint: Endpoint): boolean;
  happen(place: Place): Promise<void>;
  /** Ends what `repair` leaves alone: it is the work of another program, or of the administrator. */
  undo?(place: Place): Promise<void>;
}

/** Whether the interface of the network is klee's, which no one else is to bring back. */
export function isOwn(model: Model, _: Container, { network }: Endpoint): boolean {
  return networkOf(model, network).type !== 'custom';
}

export async function containerId({ world, container }: Place): Promise<string> {
  const { stdout } = await world.klee(['container', 'inspect', container.name]);
  return (JSON.parse(stdout) as { container: { id: string } }).container.id;
}

export async function networkInterface({ world, endpoint }: Place): Promise<string> {
  const { stdout } = await world.klee(['network', 'inspect', endpoint.network]);
  return (JSON.parse(stdout) as { network: { interface: string } }).network.interface;
}

/** The host's end of a link of its own. */
export async function epairOf({ world, container, endpoint }: Place): Promise<string> {
  const { stdout } = await world.klee(['container', 'inspect', container.name]);
  const views = (JSON.parse(stdout) as InspectView).container_endpoints;
  return views.find(({ network_name: name }) => name === endpoint.network)?.epair ?? '';
}

interface InspectView {
  readonly container_endpoints: readonly {
    readonly network_name: string;
    readonly epair: string;
  }[];
}

/** Runs a command of the host that must succeed. */
export async function must(world: World, line: string): Promise<void> {
  const { status, stderr } = await world.host(line.split(' '));
  if (status !== 0) throw new Error(`${line}: ${stderr}`);
}
