/** Steps that are not commands of a user: what happens to the host and to containers. */
import fc from 'fast-check';
import { beginRun, isTaken } from '../../model/state.ts';
import type { Container, Model } from '../../model/state.ts';
import { command } from './command.ts';
import { MISHAPS } from './mishaps/index.ts';
import { must } from './mishaps/place.ts';
import { containerName } from './names.ts';
import type { StepKind } from './step.ts';

interface MishapStep {
  readonly do: 'mishap';
  readonly what: string;
  /** To which container, and to which of its connections, counted from 0. */
  readonly name: string;
  readonly connection: number;
}

/** Something happens, `check` tells it, and `repair` mends it, so that the model stays as it is. */
export const mishap: StepKind<MishapStep> = {
  name: 'mishap',
  weight: 8,
  arbitrary: fc.record({
    do: fc.constant('mishap'),
    what: fc.constantFrom(...new Set(Object.values(MISHAPS).flatMap(Object.keys))),
    name: containerName,
    connection: fc.constantFrom(0, 0, 1),
  }),
  possible(model, { what, name, connection }) {
    const kind = MISHAPS[model.system][what];
    const container = model.containers.get(name);
    const endpoint = container?.endpoints[connection];
    if (kind === undefined || container === undefined || endpoint === undefined) return false;
    if (!container.running || (kind.driver ?? container.driver) !== container.driver) return false;
    if (kind.mends === 'restart' && isTaken(model, container.ports)) return false;
    return kind.possible?.(model, container, endpoint) ?? true;
  },
  change(model, { what, name }) {
    const container = model.containers.get(name);
    if (container !== undefined && MISHAPS[model.system][what]?.mends === 'restart')
      beginRun(container);
    return [];
  },
  async act(world, { what, name, connection }, _, model) {
    const container = model.containers.get(name);
    const endpoint = container?.endpoints[connection];
    if (container === undefined || endpoint === undefined) return undefined;
    const kind = MISHAPS[model.system][what];
    const place = { world, model, container, endpoint };
    await kind?.happen(place);
    const check = await world.klee(['system', 'check']);
    if (check.status === 0) return `system check does not tell: ${what}`;
    if (kind?.mends === 'restart') return command(world, ['restart', name], []);
    if (kind?.undo !== undefined) {
      const repair = await world.klee(['system', 'repair']);
      if (repair.status === 0) return `system repair says that it mended: ${what}`;
      await kind.undo(place);
    }
    return command(world, ['system', 'repair'], []);
  },
};

interface Named<Name extends string> {
  readonly do: Name;
  readonly name: string;
}

function running(model: Model, name: string): Container | undefined {
  const container = model.containers.get(name);
  return container?.running === true ? container : undefined;
}

function endRun(model: Model, { name }: Named<string>): readonly string[] {
  const container = running(model, name);
  if (container !== undefined) container.running = false;
  return [];
}

/** The command of a container is killed. Its supervisor takes away what the run had; without one, the next command does. */
export const killContainer: StepKind<Named<'container killed'>> = {
  name: 'container killed',
  weight: 2,
  arbitrary: fc.record({ do: fc.constant('container killed'), name: containerName }),
  possible: (model, { name }) => running(model, name) !== undefined,
  change: endRun,
  async act(world, { name }, _, before) {
    const container = running(before, name);
    if (container === undefined) return undefined;
    if (!(await world.killCommand(container))) return `the command of ${name} does not run`;
    while (await world.killCommand(container))
      await new Promise((resolve) => setTimeout(resolve, 20));
    const isReaped = before.system === 'linux' && container.unsupervised !== true;
    return isReaped ? undefined : command(world, ['system', 'repair'], []);
  },
};

/** The supervisor of a container is killed: the container goes on. */
export const killSupervisor: StepKind<Named<'supervisor killed'>> = {
  name: 'supervisor killed',
  weight: 2,
  arbitrary: fc.record({ do: fc.constant('supervisor killed'), name: containerName }),
  possible(model, { name }) {
    const container = running(model, name);
    // Containers of hosts that are models have no supervisor.
    if (container === undefined || model.system !== 'linux') return false;
    return container.unsupervised !== true;
  },
  change(model, { name }) {
    const container = running(model, name);
    if (container !== undefined) container.unsupervised = true;
    return [];
  },
  async act(world, { name }) {
    const { stdout } = await world.klee(['container', 'inspect', name]);
    const { id } = (JSON.parse(stdout) as { container: { id: string } }).container;
    // Those that write the log have its command line, too, and came later.
    const [pid] = (await world.processes(` klee-supervise detached .*${id}`)).toSorted(
      (one, other) => one - other,
    );
    if (pid === undefined) return `${name} has no supervisor`;
    await world.host(['kill', '-KILL', String(pid)]);
    return undefined;
  },
};

/** On FreeBSD: the jail of a container is removed by hand, and its command with it. */
export const removeJail: StepKind<Named<'jail removed'>> = {
  name: 'jail removed',
  weight: 2,
  arbitrary: fc.record({ do: fc.constant('jail removed'), name: containerName }),
  possible: (model, { name }) => model.system === 'freebsd' && running(model, name) !== undefined,
  change: endRun,
  async act(world, { name }) {
    const { stdout } = await world.klee(['container', 'inspect', name]);
    const { id } = (JSON.parse(stdout) as { container: { id: string } }).container;
    await must(world, `jail -r klee-${id}`);
    return command(world, ['system', 'repair'], []);
  },
};
