/**
 * macvlan on Linux: an interface in the container's own network namespace, with a MAC address of its own, on the link
 * of the network's interface. The kernel makes it there directly, so that nothing of it is ever on the host: it goes
 * with the namespace, at the latest.
 */
import type {
  Argv,
  Operation,
  AttachTarget,
  CommandRunner,
  DataPlane,
  DataPlaneDependencies,
  Observation,
  PlaneStatus,
  Resource,
} from '@kleenet/core/driver';
import { settleAll } from '@kleenet/core/driver';
import { KleenetError, hasCode } from '@kleenet/core/errors';
import {
  configureLines,
  createCommand,
  linkNames,
  problems,
  renameCommand,
  restoringLines,
  settings,
} from './linux-plan.ts';
import type { Found, Link } from './linux-plan.ts';

export class LinuxMacvlan implements DataPlane {
  readonly #commands: CommandRunner;

  constructor({ commands }: DataPlaneDependencies) {
    this.#commands = commands;
  }

  async status(): Promise<PlaneStatus> {
    try {
      await this.#commands.read(['ip', '-V']);
      return { state: 'ready', reasons: [] };
    } catch (error) {
      if (!hasCode(error, 'TOOL_MISSING')) throw error;
      return { state: 'unavailable', reasons: ['ip(8) is missing: install iproute2'] };
    }
  }

  plan({ endpoint, sandbox }: AttachTarget): readonly Resource[] {
    return [{ kind: 'interface', name: endpoint.interface, namespace: sandbox.name }];
  }

  async attach(target: AttachTarget, { signal }: Operation): Promise<void> {
    const names = linkNames(target);
    const there = await this.#links(target, signal);
    const taken = there.find((link) => link.ifname === names.final && !isMacvlan(link));
    if (taken !== undefined) throw interfaceInUse(target);
    if (!there.some(({ ifname }) => ifname === names.final)) {
      if (!there.some(({ ifname }) => ifname === names.first)) await this.#create(target, signal);
      await this.#commands.change(renameCommand(target), { signal });
    }
    await this.#commands.change(inside(target, 'sysctl', '-q', '-e', '-w', ...settings(target)), {
      signal,
    });
    const present = there.find(({ ifname }) => ifname === names.final);
    const restoring =
      present === undefined
        ? []
        : restoringLines(target, present, await this.#parent(target, signal));
    await this.#commands.change(['ip', '-netns', target.sandbox.name, '-batch', '-'], {
      input: [...restoring, ...configureLines(target)].map((line) => `${line}\n`).join(''),
      signal,
    });
  }

  async #create(target: AttachTarget, signal: AbortSignal): Promise<void> {
    try {
      await this.#commands.change(createCommand(target), { signal });
    } catch (error) {
      throw explained(error, target);
    }
  }

  /** What goes away meanwhile, with its namespace or by another process, is as good as removed. */
  async detach(target: AttachTarget, { signal }: Operation): Promise<void> {
    const removals = (await this.#ours(target, signal)).map(({ ifname }) =>
      this.#commands.change(
        ['ip', '-netns', target.sandbox.name, 'link', 'delete', 'dev', ifname],
        { signal },
      ),
    );
    try {
      await settleAll(removals);
    } catch (error) {
      if ((await this.#ours(target, signal)).length > 0) throw error;
    }
  }

  /** The interface under either of its names. */
  async #ours(target: AttachTarget, signal: AbortSignal): Promise<readonly Link[]> {
    const names = Object.values(linkNames(target));
    const links = await this.#links(target, signal);
    return links.filter((link) => isMacvlan(link) && names.includes(link.ifname));
  }

  observe(targets: readonly AttachTarget[]): Promise<readonly Observation[]> {
    return Promise.all(
      targets.map(async (target) => ({
        endpointId: target.endpoint.id,
        problems: problems(target, await this.#find(target)),
      })),
    );
  }

  async #find(target: AttachTarget): Promise<Found> {
    const [links, parent, shown] = await Promise.all([
      this.#links(target),
      this.#parent(target),
      this.#commands.read(inside(target, 'sysctl', '-e', ...settings(target).map(nameOf)), {
        accept: 'any',
      }),
    ]);
    return {
      links,
      parent,
      settings: shown.stdout.split('\n').map((line) => line.replace(' = ', '=')),
    };
  }

  /** The network's interface, if the host has it. */
  async #parent({ network }: AttachTarget, signal?: AbortSignal): Promise<Link | undefined> {
    const { stdout } = await this.#commands.read(
      ['ip', '-json', 'link', 'show', 'dev', network.interface],
      { accept: [0, 1], ...(signal === undefined ? {} : { signal }) },
    );
    return stdout.trim() === '' ? undefined : (JSON.parse(stdout) as readonly Link[])[0];
  }

  /** The interfaces in the container's namespace; none when that is gone. */
  async #links({ sandbox }: AttachTarget, signal?: AbortSignal): Promise<readonly Link[]> {
    const argv: Argv = ['ip', '-netns', sandbox.name, '-details', '-json', 'address', 'show'];
    const { status, stdout, stderr } = await this.#commands.read(argv, {
      accept: 'any',
      ...(signal === undefined ? {} : { signal }),
    });
    if (status === 0) return JSON.parse(stdout) as readonly Link[];
    if (stderr.includes('No such file or directory')) return [];
    throw new KleenetError(
      'PLATFORM_COMMAND_FAILED',
      `command failed: ${argv.join(' ')}: ${stderr.trim()}`,
      {
        details: { argv, status, stderr },
      },
    );
  }
}

function nameOf(setting: string): string {
  return setting.slice(0, setting.indexOf('='));
}

function isMacvlan({ linkinfo }: Link): boolean {
  return linkinfo?.info_kind === 'macvlan';
}

function inside({ sandbox }: AttachTarget, ...words: readonly string[]): Argv {
  return ['ip', 'netns', 'exec', sandbox.name, ...words];
}

function interfaceInUse({ container, endpoint }: AttachTarget): KleenetError {
  return new KleenetError(
    'INTERFACE_IN_USE',
    `container '${container.name}' already has an interface ${endpoint.interface} that is not of this driver`,
    {
      hint: 'start the container again: it gets a new network namespace',
      details: { interface: endpoint.interface },
    },
  );
}

/** What the kernel's short words mean here. */
function explained(error: unknown, { network }: AttachTarget): unknown {
  if (!hasCode(error, 'PLATFORM_COMMAND_FAILED')) return error;
  const said = String(error.details['stderr']);
  const parent = network.interface;
  if (said.includes('Unknown device type') || said.includes('Operation not supported')) {
    return new KleenetError('FEATURE_UNSUPPORTED', 'the kernel has no macvlan', {
      hint: 'load its module: modprobe macvlan',
      cause: error,
    });
  }
  if (said.includes('Cannot find device')) {
    return new KleenetError('INTERFACE_NOT_FOUND', `the host has no interface ${parent}`, {
      hint: 'see ip link show; a network keeps the interface that it was created with',
      cause: error,
    });
  }
  if (said.includes('resource busy')) {
    return new KleenetError('INTERFACE_IN_USE', `${parent} cannot carry macvlan interfaces now`, {
      hint: `${parent} is the port of a bridge or bond: create the network on that instead`,
      cause: error,
    });
  }
  return error;
}
