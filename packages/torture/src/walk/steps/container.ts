import fc from 'fast-check';
import { beginRun, connect, disconnect, refusalsOf } from '../../model/state.ts';
import type { Container, Model, Port, Wish } from '../../model/state.ts';
import type { World } from '../../world/world.ts';
import { command } from './command.ts';
import { containerName, wish, wishOptions } from './names.ts';
import type { StepKind } from './step.ts';

interface MakeContainer extends Pick<Container, 'name' | 'driver' | 'starts'> {
  readonly do: 'run' | 'create';
  readonly wishes: readonly Wish[];
  readonly ports: readonly Port[];
}

const port: fc.Arbitrary<Port> = fc.record({
  host: fc.constantFrom(8001, 8002, 8003, 8004),
  container: fc.constantFrom(5000, 5000, 5001),
  protocol: fc.constantFrom('tcp', 'udp'),
});

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
    possible: (model, step) =>
      !model.containers.has(step.name) &&
      step.wishes.every(({ network }) => model.networks.has(network)),
    change: make,
    act: (world, step, refusals, before) =>
      command(world, makeWords(world, step, before), refusals),
  };
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
  container.running = step.do === 'run';
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
  const { name, driver, starts, wishes, ports } = step;
  return [
    ...(step.do === 'run' ? ['run', '-d'] : ['create']),
    '--name',
    name,
    '--driver',
    driver,
    ...(starts === 'on boot' ? ['--restart', 'on-startup'] : []),
    ...wishes.flatMap((one) => ['--network', wishWord(one, before)]),
    ...ports.flatMap((one) => ['--publish', `${one.host}:${one.container}/${one.protocol}`]),
    ...world.serverWords(nextLabel(before, name)),
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

interface OneContainer<Name extends string> {
  readonly do: Name;
  readonly name: string;
}

/** A step that takes nothing but a container that is there. */
function simple<const Name extends string>(
  name: Name,
  weight: number,
  parts: Pick<StepKind<OneContainer<Name>>, 'possible' | 'change'> & {
    readonly words: (container: string) => readonly string[];
  },
): StepKind<OneContainer<Name>> {
  return {
    name,
    weight,
    arbitrary: fc.record({ do: fc.constant(name), name: containerName }),
    possible: (model, step) => model.containers.has(step.name) && parts.possible(model, step),
    change: parts.change,
    act: (world, step, refusals) => command(world, parts.words(step.name), refusals),
  };
}

function get(model: Model, name: string): Container {
  const container = model.containers.get(name);
  if (container === undefined) throw new Error(`the model has no container ${name}`);
  return container;
}

export const startContainer: StepKind<OneContainer<'start'>> = simple('start', 4, {
  possible: () => true,
  change(model, { name }) {
    const container = get(model, name);
    if (container.running) return ['CONTAINER_RUNNING'];
    beginRun(container);
    return [];
  },
  words: (name) => ['start', name],
});

export const stopContainer: StepKind<OneContainer<'stop'>> = simple('stop', 3, {
  possible: () => true,
  change(model, { name }) {
    get(model, name).running = false;
    return [];
  },
  words: (name) => ['stop', name],
});

export const restartContainer: StepKind<OneContainer<'restart'>> = simple('restart', 3, {
  possible: () => true,
  change(model, { name }) {
    beginRun(get(model, name));
    return [];
  },
  words: (name) => ['restart', name],
});

export const removeContainer: StepKind<OneContainer<'remove container'>> = simple(
  'remove container',
  2,
  {
    possible: () => true,
    change(model, { name }) {
      const container = get(model, name);
      if (container.running) return ['CONTAINER_RUNNING'];
      erase(model, container);
      return [];
    },
    words: (name) => ['container', 'rm', name],
  },
);

export const removeByForce: StepKind<OneContainer<'remove by force'>> = simple(
  'remove by force',
  3,
  {
    possible: () => true,
    change(model, { name }) {
      erase(model, get(model, name));
      return [];
    },
    words: (name) => ['container', 'rm', '-f', name],
  },
);

function erase(model: Model, container: Container): void {
  for (const { network } of container.endpoints) disconnect(model, container, network);
  model.containers.delete(container.name);
}

interface Rename {
  readonly do: 'rename';
  readonly name: string;
  readonly to: string;
}

export const renameContainer: StepKind<Rename> = {
  name: 'rename',
  weight: 1,
  arbitrary: fc.record({ do: fc.constant('rename'), name: containerName, to: containerName }),
  possible: (model, { name, to }) => model.containers.has(name) && name !== to,
  change(model, { name, to }) {
    if (model.containers.has(to)) return ['NAME_TAKEN'];
    const container = get(model, name);
    model.containers.delete(name);
    model.containers.set(to, container);
    container.name = to;
    return [];
  },
  act: (world, { name, to }, refusals) =>
    command(world, ['container', 'rename', name, to], refusals),
};
