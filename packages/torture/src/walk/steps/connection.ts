import fc from 'fast-check';
import { connect, copyModel, disconnect, isTaken, refusalsOf } from '../../model/state.ts';
import { opensPorts } from './one-container.ts';
import type { Wish } from '../../model/state.ts';
import { command } from './command.ts';
import { containerName, networkName, wish, wishOptions } from './names.ts';
import type { StepKind } from './step.ts';

interface Connect {
  readonly do: 'connect';
  readonly name: string;
  readonly wish: Wish;
}

export const connectContainer: StepKind<Connect> = {
  name: 'connect',
  weight: 8,
  arbitrary: fc.record({ do: fc.constant('connect'), name: containerName, wish }),
  possible(model, step) {
    const container = model.containers.get(step.name);
    if (container === undefined || !model.networks.has(step.wish.network)) return false;
    // What comes of a port that is to move, and that a program of the host has meanwhile, nothing says.
    return !container.running || !isTaken(model, container.ports) || !opensPorts(model, container);
  },
  change(model, step) {
    const container = model.containers.get(step.name);
    if (container === undefined) return ['CONTAINER_NOT_FOUND'];
    const refusals = refusalsOf(model, container, step.wish);
    if (refusals.length > 0) return refusals;
    const copy = copyModel(model);
    connect(model, container, step.wish);
    const isRefused =
      container.running && isTaken(model, container.ports) && opensPorts(model, container);
    if (!isRefused) return [];
    Object.assign(model, copy, { unsure: true });
    return ['PORT_IN_USE'];
  },
  act(world, step, refusals, before) {
    const subnet = before.networks.get(step.wish.network)?.subnet ?? 1;
    const options = wishOptions(step.wish, subnet).map((word, index) =>
      index % 2 === 0 ? `--${word}` : word,
    );
    const words = ['network', 'connect', ...joined(options), step.wish.network, step.name];
    return command(world, words, refusals);
  },
};

/** As `--key=value`: a value may begin with a minus. */
function joined(options: readonly string[]): string[] {
  return options.flatMap((key, index) => (index % 2 === 0 ? [`${key}=${options[index + 1]}`] : []));
}

interface Disconnect {
  readonly do: 'disconnect';
  readonly name: string;
  readonly network: string;
}

export const disconnectContainer: StepKind<Disconnect> = {
  name: 'disconnect',
  weight: 5,
  arbitrary: fc.record({
    do: fc.constant('disconnect'),
    name: containerName,
    network: networkName,
  }),
  possible: (model, { name, network }) => model.containers.has(name) && model.networks.has(network),
  change(model, { name, network }) {
    const container = model.containers.get(name);
    if (container === undefined) return ['CONTAINER_NOT_FOUND'];
    if (!container.endpoints.some((one) => one.network === network)) return ['NOT_CONNECTED'];
    disconnect(model, container, network);
    return [];
  },
  act: (world, { name, network }, refusals) =>
    command(world, ['network', 'disconnect', network, name], refusals),
};
