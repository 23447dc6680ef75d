/** Steps of the whole host: it boots, and its service manager or a user runs `klee system`. */
import fc from 'fast-check';
import { beginRun, isTaken } from '../../model/state.ts';
import type { Model } from '../../model/state.ts';
import { bridgeFilter } from '../../world/linux-links.ts';
import { command } from './command.ts';
import { port } from './container.ts';
import { opensPorts } from './one-container.ts';
import type { StepKind } from './step.ts';

interface Boot {
  readonly do: 'boot';
}

/** The host boots, and its service manager runs `system up`. */
export const boot: StepKind<Boot> = {
  name: 'boot',
  weight: 2,
  arbitrary: fc.record({ do: fc.constant('boot') }),
  possible: (model) => model.containers.size > 0,
  change(model) {
    stopAll(model);
    delete model.taken;
    return startAll(model);
  },
  async act(world) {
    await world.reboot();
    return command(world, ['system', 'up'], []);
  },
};

/** Nothing is to be mended: what works goes on, and so does the model. */
export const repair: StepKind<{ readonly do: 'repair' }> = {
  name: 'repair',
  weight: 1,
  arbitrary: fc.record({ do: fc.constant('repair') }),
  possible: () => true,
  change: () => [],
  act: (world) => command(world, ['system', 'repair'], []),
};

function stopAll(model: Model): void {
  for (const container of model.containers.values()) container.running = false;
}

/** Goes on where one cannot be started. */
function startAll(model: Model): string[] {
  const asked = [...model.containers.values()].filter(
    ({ starts, running }) => starts === 'on boot' && !running,
  );
  for (const container of asked) if (!isTaken(model, container.ports)) beginRun(container);
  return asked.some((container) => !container.running) ? ['PORT_IN_USE'] : [];
}

export const systemDown: StepKind<{ readonly do: 'system down' }> = {
  name: 'system down',
  weight: 1,
  arbitrary: fc.record({ do: fc.constant('system down') }),
  possible: (model) => model.networks.size > 0,
  change(model) {
    stopAll(model);
    return [];
  },
  act: (world, _, refusals) => command(world, ['system', 'down'], refusals),
};

export const systemUp: StepKind<{ readonly do: 'system up' }> = {
  name: 'system up',
  weight: 1,
  arbitrary: fc.record({ do: fc.constant('system up') }),
  possible: (model) =>
    model.networks.size > 0 &&
    [...model.containers.values()].every(
      (one) => one.running || !isTaken(model, one.ports) || opensPorts(model, one),
    ),
  change: startAll,
  act: (world, _, refusals) => command(world, ['system', 'up'], refusals),
};

interface PortTaken {
  readonly do: 'port taken';
  readonly port: number;
}

/** A program of the host listens on a port that is published, or will be. It takes one at a time. */
export const portTaken: StepKind<PortTaken> = {
  name: 'port taken',
  weight: 2,
  arbitrary: fc.record({ do: fc.constant('port taken'), port: port.map(({ host }) => host) }),
  possible: (model) => model.system === 'linux' && model.taken === undefined,
  change(model, step) {
    model.taken = step.port;
    return [];
  },
  async act(world, step) {
    await world.takePort?.(step.port);
    return undefined;
  },
};

export const portFreed: StepKind<{ readonly do: 'port freed' }> = {
  name: 'port freed',
  weight: 2,
  arbitrary: fc.record({ do: fc.constant('port freed') }),
  possible: (model) => model.taken !== undefined,
  change(model) {
    delete model.taken;
    return [];
  },
  async act(world) {
    await world.freePort?.();
    return undefined;
  },
};

/** As other software for containers sets it; from the beginning, or not at all. */
export const bridgesFilter: StepKind<{ readonly do: 'bridges filter' }> = {
  name: 'bridges filter',
  weight: 0,
  arbitrary: fc.record({ do: fc.constant('bridges filter') }),
  possible: ({ system, networks, labels }) =>
    system === 'linux' && networks.size === 0 && labels === 0,
  change(model) {
    model.bridgesFilter = true;
    return [];
  },
  async act(world) {
    await world.host(bridgeFilter(1));
    return undefined;
  },
};
