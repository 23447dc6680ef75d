/** The network stack of a jail, configured from the host. */
import type { Argv, AttachTarget, CommandRunner, Family } from '@kleenet/core/driver';
import { KleenetError, hasCode } from '@kleenet/core/errors';
import {
  addDefaultRouteArgv,
  change,
  changeInOrder,
  deleteDefaultRouteArgv,
  jailTools,
  linkArgv,
  parseDefaultRoute,
  parseInterfaces,
  read,
  renameArgv,
} from '@kleenet/platform/freebsd';
import type { DefaultRoute, FailureReason, Interface, JailTools } from '@kleenet/platform/freebsd';
import { addressArgvs } from './freebsd-plan.ts';
import type { RouteChange } from './freebsd-plan.ts';

/** In milliseconds: on 13.2 the container's own program answers. */
const LOOK_PATIENCE = 5000;

interface LinkSettings {
  readonly mtu: number;
  readonly ether?: string;
}

/** Runs ifconfig(8) and route(8) on jails. */
export class FreebsdJailStack {
  readonly #commands: CommandRunner;

  constructor(commands: CommandRunner) {
    this.#commands = commands;
  }

  /**
   * Gives the interface its name in the container, and its addresses. One that was there already may have its name, and gets
   * its settings again.
   */
  async configure(
    target: AttachTarget,
    name: string,
    again: LinkSettings | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { interface: wanted } = target.endpoint;
    const rename = renameArgv(name, wanted);
    if (again !== undefined) await this.#change(target, rename, signal, ['interface-gone']);
    await this.#changeInOrder(
      target,
      [again === undefined ? rename : linkArgv(wanted, again), ...addressArgvs(target)],
      signal,
    );
  }

  /** Sets default routes, replacing existing ones. */
  async setRoutes(
    target: AttachTarget,
    routes: readonly RouteChange[],
    signal: AbortSignal,
  ): Promise<void> {
    for (const { family, gateway, replaces } of routes) {
      const remove = (): Promise<unknown> =>
        this.#change(target, deleteDefaultRouteArgv(family), signal, ['route-gone']);
      const add = addDefaultRouteArgv(gateway);
      if (replaces) await remove();
      if ((await this.#change(target, add, signal, ['route-exists'])) === undefined) continue;
      await remove();
      await this.#change(target, add, signal);
    }
  }

  /** Restores default routes if the jail still exists, and has not set others itself. */
  async handOver(
    target: AttachTarget,
    routes: readonly RouteChange[],
    signal: AbortSignal,
  ): Promise<void> {
    for (const { gateway } of routes)
      await this.#change(target, addDefaultRouteArgv(gateway), signal, NOTHING_TO_HAND_OVER);
  }

  /** The endpoint's interface in the jail, or undefined if it has none. */
  async interface(
    { sandbox, endpoint }: AttachTarget,
    signal?: AbortSignal,
  ): Promise<Interface | undefined> {
    const argv: Argv = ['ifconfig', endpoint.interface];
    const text = await this.#look(sandbox.name, argv, 'interface-gone', signal);
    return text === undefined ? undefined : parseInterfaces(text)[0];
  }

  async defaultRoute({ sandbox }: AttachTarget, family: Family): Promise<DefaultRoute | undefined> {
    const words = family === 'ipv6' ? ['-inet6', 'default'] : ['default'];
    const text = await this.#look(sandbox.name, ['route', '-n', 'get', ...words], 'route-gone');
    return text === undefined ? undefined : parseDefaultRoute(text);
  }

  async #look(
    jail: string,
    argv: Argv,
    gone: FailureReason,
    signal?: AbortSignal,
  ): Promise<string | undefined> {
    const tools = await jailTools(this.#commands, signal);
    const { reason, stdout } = await read(this.#commands, tools.inside(jail, argv), {
      ...(signal === undefined ? {} : { signal }),
      timeout: LOOK_PATIENCE,
      tolerate: [gone, 'jail-gone', 'jail-dying'],
    });
    return reason === undefined ? stdout : undefined;
  }

  async #change(
    target: AttachTarget,
    argv: Argv,
    signal: AbortSignal,
    tolerate: readonly FailureReason[] = [],
  ): Promise<FailureReason | undefined> {
    const options = { signal, tolerate };
    return this.#inside(target, argv[0], signal, async (tools) => {
      const command = tools.inside(target.sandbox.name, argv);
      return (await change(this.#commands, command, options)).reason;
    });
  }

  async #changeInOrder(
    target: AttachTarget,
    argvs: readonly [Argv, ...Argv[]],
    signal: AbortSignal,
  ): Promise<void> {
    await this.#inside(target, argvs[0][0], signal, (tools) => {
      const inside = argvs.map((argv) => tools.inside(target.sandbox.name, argv));
      return changeInOrder(this.#commands, inside, { signal });
    });
  }

  async #inside<T>(
    { container }: AttachTarget,
    program: string,
    signal: AbortSignal,
    work: (tools: JailTools) => Promise<T>,
  ): Promise<T> {
    const tools = await jailTools(this.#commands, signal);
    try {
      return await work(tools);
    } catch (error) {
      if (tools.fromHost || !hasCode(error, 'COMMAND_NOT_FOUND', 'COMMAND_NOT_EXECUTABLE'))
        throw error;
      throw programMissing(container.name, program, error);
    }
  }
}

const NOTHING_TO_HAND_OVER: readonly FailureReason[] = [
  'jail-gone',
  'jail-dying',
  'route-exists',
  'network-unreachable',
  'command-missing',
];

function programMissing(container: string, program: string, cause: unknown): KleenetError {
  return new KleenetError(
    'FEATURE_UNSUPPORTED',
    `container '${container}' has no ${program}(8), which sets up its network on this release of FreeBSD`,
    {
      hint: 'use an image with /sbin/ifconfig and /sbin/route, or FreeBSD 13.3 or later, whose own programs do it',
      details: { container, program },
      cause,
    },
  );
}
