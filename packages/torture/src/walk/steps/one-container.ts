import fc from 'fast-check';
import { addressOf, beginRun, disconnect, isTaken, portEndpoint } from '../../model/state.ts';
import type { Container, Model } from '../../model/state.ts';
import { FAMILIES } from '../../model/subnets.ts';
import { command } from './command.ts';
import { containerName } from './names.ts';
import type { StepKind } from './step.ts';

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

/** Whether it publishes ports: not while it is on internal networks only, and then nothing says whether one may be taken. */
export function opensPorts(model: Model, container: Container): boolean {
  return FAMILIES.some((family) => portEndpoint(model, container, family) !== undefined);
}

/** Whether the documents say what comes of a start, when a program of the host has one of its ports. */
function isClear(model: Model, name: string): boolean {
  const container = get(model, name);
  return !isTaken(model, container.ports) || opensPorts(model, container);
}

export const startContainer: StepKind<OneContainer<'start'>> = simple('start', 4, {
  possible: (model, { name }) => isClear(model, name),
  change(model, { name }) {
    const container = get(model, name);
    if (container.running) return ['CONTAINER_RUNNING'];
    if (isTaken(model, container.ports)) return ['PORT_IN_USE'];
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
  possible: (model, { name }) => !isTaken(model, get(model, name).ports),
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

export function erase(model: Model, container: Container): void {
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

export const pruneContainers: StepKind<{ readonly do: 'prune containers' }> = {
  name: 'prune containers',
  weight: 1,
  arbitrary: fc.record({ do: fc.constant('prune containers') }),
  possible: (model) => model.containers.size > 0,
  change(model) {
    const ended = [...model.containers.values()].filter((one) => !one.running);
    for (const container of ended) erase(model, container);
    return [];
  },
  act: (world, _, refusals) => command(world, ['container', 'prune', '-f'], refusals),
};

/** Another command in the container, which sees its addresses. */
export const execInContainer: StepKind<OneContainer<'exec'>> = {
  name: 'exec',
  weight: 1,
  arbitrary: fc.record({ do: fc.constant('exec'), name: containerName }),
  possible: (model, { name }) => model.containers.has(name) && model.system === 'linux',
  change: (model, { name }) => (get(model, name).running ? [] : ['CONTAINER_NOT_RUNNING']),
  async act(world, { name }, refusals, before) {
    const words = ['exec', name, 'ip', '-o', 'address', 'show', 'scope', 'global'];
    if (refusals.length > 0) return command(world, words, refusals);
    const { status, stdout, stderr } = await world.klee(words);
    const container = get(before, name);
    const missing = container.endpoints
      .flatMap((one) => FAMILIES.flatMap((family) => addressOf(before, one, family) ?? []))
      .filter((address) => !stdout.includes(` ${address}/`));
    if (status === 0 && missing.length === 0) return undefined;
    return `a command in ${name} ended with ${status} and did not see ${missing.join()}: ${stdout}${stderr}`;
  },
};
