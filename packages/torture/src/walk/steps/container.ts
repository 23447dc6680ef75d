import fc from 'fast-check';
import { connect, isTaken, refusalsOf } from '../../model/state.ts';
import type { Container, Model, Port, Wish } from '../../model/state.ts';
import { UPLINK } from '../../world/places.ts';
import type { World } from '../../world/world.ts';
import { command } from './command.ts';
import { containerName, wish, wishOptions } from './names.ts';
import { erase } from './one-container.ts';
import type { StepKind } from './step.ts';

interface MakeContainer extends Pick<Container, 'name' | 'driver' | 'starts'> {
  readonly do: 'run' | 'create' | 'run and remove';
  readonly wishes: readonly Wish[];
  readonly ports: readonly Port[];
}

export const port: fc.Arbitrary<Port> = fc
  .record({
    on: fc.constantFrom(undefined, undefined, undefined, UPLINK),
    host: fc.constantFrom(8001, 8002, 8003, 8004),
    container: fc.constantFrom(5000, 5000, 5001),
    protocol: fc.constantFrom<Port['protocol']>('tcp', 'udp'),
  })
  .map(({ on, ...rest }) => (on === undefined ? rest : { on, ...rest }));

function arbitrary(what: MakeContainer['do']): fc.Arbitrary<MakeContainer> {
  return fc.record({
    do: fc.constant(what),
    name: containerName,
    driver: fc.constantFrom('ipnet', 'vnet'),
    starts: fc.constantFrom('when asked', 'on boot'),
    wishes: fc.uniqueArray(wish, {
      minLength: 1,
      maxLength: 2,
      selector: ({ network }) => network,
    }),
    ports: fc.uniqueArray(port, {
      maxLength: 2,
      selector: ({ host, protocol }) => `${host}/${protocol}`,
    }),
  });
}

function kind(name: MakeContainer['do'], weight: number): StepKind<MakeContainer> {
  return {
    name,
    weight,
    arbitrary: arbitrary(name),
    possible,
    change: make,
    act: (world, step, refusals, before) =>
      command(world, makeWords(world, step, before), refusals),
  };
}

function possible(model: Model, step: MakeContainer): boolean {
  return (
    !model.containers.has(step.name) &&
    (model.system === 'linux' || step.ports.every(({ on }) => on === undefined)) &&
    step.wishes.every(({ network }) => model.networks.has(network))
  );
}

/** With the label of the container that is made next. */
function nextLabel(model: Model, name: string): string {
  return `${name}#${model.labels + 1}`;
}

function make(model: Model, step: MakeContainer): readonly string[] {
  const { name, driver, starts, wishes, ports } = step;
  const container: Container = {
    name,
    label: nextLabel(model, name),
    driver,
    starts,
    ports,
    running: false,
    endpoints: [],
  };
  model.labels += 1;
  const refusals = portsTaken(model, ports) ? ['PORT_IN_USE'] : [];
  for (const one of wishes) refusals.push(...refusalsOf(model, container, one));
  if (refusals.length > 0) return refusals;
  for (const one of wishes) connect(model, container, one);
  container.running = step.do !== 'create';
  if (container.running && isTaken(model, ports)) {
    model.unsure = true;
    return ['PORT_IN_USE'];
  }
  model.containers.set(name, container);
  return [];
}

/** Ports belong to a container as long as it is there, whether it runs or not. */
function portsTaken(model: Model, ports: readonly Port[]): boolean {
  return [...model.containers.values()].some((other) =>
    other.ports.some((taken) =>
      ports.some(({ host, protocol }) => taken.host === host && taken.protocol === protocol),
    ),
  );
}

function makeWords(world: World, step: MakeContainer, before: Model): string[] {
  return [
    ...(step.do === 'run' ? ['run', '-d'] : ['create']),
    ...optionWords(step, before),
    ...world.serverWords(nextLabel(before, step.name)),
  ];
}

function optionWords(step: MakeContainer, before: Model): string[] {
  const { name, driver, starts, wishes, ports } = step;
  return [
    '--name',
    name,
    '--driver',
    driver,
    ...(starts === 'on boot' ? ['--restart', 'on-startup'] : []),
    ...wishes.flatMap((one) => ['--network', wishWord(one, before)]),
    ...ports.flatMap(({ on, host, container, protocol }) => [
      '--publish',
      `${on === undefined ? '' : `${on}:`}${host}:${container}/${protocol}`,
    ]),
  ];
}

function wishWord(one: Wish, before: Model): string {
  const subnet = before.networks.get(one.network)?.subnet ?? 1;
  const options = wishOptions(one, subnet);
  const pairs = options.flatMap((key, index) =>
    index % 2 === 0 ? [`${key}=${options[index + 1]}`] : [],
  );
  return pairs.length === 0 ? one.network : `${one.network}:${pairs.join(',')}`;
}

export const runContainer: StepKind<MakeContainer> = kind('run', 9);
export const createContainer: StepKind<MakeContainer> = kind('create', 2);

/** A command that looks at the addresses in its container, and is gone then. */
export const runAndRemove: StepKind<MakeContainer> = {
  ...kind('run and remove', 2),
  adopts: true,
  possible: (model, step) =>
    model.system === 'linux' && step.starts === 'when asked' && possible(model, step),
  change(model, step) {
    const refusals = make(model, step);
    const container = model.containers.get(step.name);
    if (refusals.length === 0 && container !== undefined) erase(model, container);
    return refusals;
  },
  async act(world, step, refusals, before) {
    const look = ['host', 'ip', '-o', 'address', 'show', 'scope', 'global'];
    const words = ['run', '--rm', ...optionWords(step, before), ...look];
    if (refusals.length > 0) return command(world, words, refusals);
    const { status, stdout, stderr } = await world.klee(words);
    const expected = step.wishes.flatMap(({ network }) => before.networks.get(network)?.families);
    const seen = stdout.split('\n').filter((line) => line !== '');
    if (status === 0 && seen.length === expected.length) return undefined;
    return `klee ${words.join(' ')} ended with ${status}, and saw not ${expected.length} addresses: ${stdout}${stderr}`;
  },
};
