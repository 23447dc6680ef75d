/** Networks on a FreeBSD host: a loopback interface or bridge each, or an interface of the user's. */
import type {
  CommandRunner,
  IpAddress,
  Logger,
  Network,
  NetworkPlatform,
  Operation,
} from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';
import { interfaceInUse, interfaceNotFound } from '../network/failures.ts';
import { bears, destroyArgv, readInterfaces } from './ifconfig.ts';
import type { Interface } from './ifconfig.ts';
import { readHostNetwork } from './host.ts';
import { hasModule, loadModule } from './kld.ts';
import { networkInterface } from './names.ts';
import { hiddenAddresses, readRoutes } from './netstat.ts';
import {
  KEEP_ADVERTISED,
  assertArgvs,
  createArgv,
  gatewayElsewhere,
  interfacesOf,
  markOf,
  networkProblems,
  networkResources,
  networkSysctls,
  takesAdvertisements,
  ungroupArgv,
} from './network-plan.ts';
import { change, changeInOrder } from './run.ts';
import { changeSysctls, differingSysctls } from './sysctl.ts';
import type { SysctlChange } from './sysctl.ts';

/** The kernel module for networks of the type bridge. */
const BRIDGES = 'if_bridge';

export interface NetworkDependencies {
  readonly commands: CommandRunner;
  readonly logger: Logger;
}

export function createNetworkPlatform({ commands, logger }: NetworkDependencies): NetworkPlatform {
  async function up(network: Network, operation: Operation): Promise<void> {
    const { signal } = operation;
    const read = (): ReturnType<typeof differingSysctls> =>
      differingSysctls(commands, networkSysctls(network), { signal });
    const [interfaces, known, isReady] = await Promise.all([
      readInterfaces(commands, { signal }),
      read(),
      network.type !== 'bridge' || hasModule(commands, BRIDGES, { signal }),
    ]);
    const there = interfaces.find(({ name }) => name === network.interface);
    if (network.type === 'custom' && there === undefined) throw interfaceNotFound(network);
    if (network.type !== 'custom') requireFreeGateway(network, interfaces);
    if (!isReady) await loadModule(commands, logger, BRIDGES, { signal });
    if (network.type !== 'custom') await upOwn(network, there, operation);
    // Some settings come with the module.
    const changes = isReady ? known : await read();
    await changeSettings(network, { interfaces, changes }, operation);
  }

  /** A name conflict shows only after the interface was made: it has our mark, and is removed again. */
  async function upOwn(
    network: Network,
    there: Interface | undefined,
    { signal }: Operation,
  ): Promise<void> {
    if (there !== undefined && !bears(there, markOf(network))) throw interfaceInUse(network);
    const create = there === undefined ? [createArgv(network)] : [];
    try {
      await changeInOrder(commands, [...create, ...assertArgvs(network, there)], { signal });
    } catch (error) {
      if (there === undefined) await destroyOurs(network, signal);
      throw error;
    }
    await leaveLoopbackGroup(network, there, signal);
  }

  async function destroyOurs(network: Network, signal: AbortSignal): Promise<void> {
    const interfaces = await readInterfaces(commands, { signal });
    for (const { name } of interfacesOf(network, interfaces))
      await change(commands, destroyArgv(name), { signal, tolerate: ['interface-gone'] });
  }

  async function leaveLoopbackGroup(
    network: Network,
    there: Interface | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const argv = ungroupArgv(network, there);
    if (argv === undefined) return;
    const { status, stderr } = await change(commands, argv, { signal, accept: 'any' });
    if (status === 0) return;
    logger.warn(
      `${network.interface} stays in the interface group lo, so that 'set skip on lo' in pf.conf exempts it: ${stderr.trim()}`,
    );
  }

  /**
   * Kernel settings belong to the host: they stay when a network is removed, because other software may rely on them.
   */
  async function changeSettings(
    network: Network,
    {
      interfaces,
      changes,
    }: { readonly interfaces: readonly Interface[]; readonly changes: readonly SysctlChange[] },
    operation: Operation,
  ): Promise<void> {
    const { signal } = operation;
    const loses =
      changes.some(({ name }) => name.startsWith('net.inet6.')) && takesAdvertisements(interfaces);
    const kept = loses ? await differingSysctls(commands, [KEEP_ADVERTISED], { signal }) : [];
    await changeSysctls(commands, [...kept, ...changes], operation);
    for (const { name } of kept) {
      logger.warn(
        `${name} is set to 1, so that the host keeps its IPv6 default route while it forwards`,
      );
    }
    for (const { name } of changes)
      logger.warn(`${name} is set to 1, so that ${reasonFor(name, network)}`);
  }

  /** Removes every interface with the network's mark: its own, and one that was made but could not take its name. */
  async function down(network: Network, _claims: unknown, { signal }: Operation): Promise<void> {
    if (network.type !== 'custom') await destroyOurs(network, signal);
  }

  async function observe(network: Network): Promise<readonly string[]> {
    const [interfaces, settings] = await Promise.all([
      readInterfaces(commands, { shared: true }),
      differingSysctls(commands, networkSysctls(network), { shared: true }),
    ]);
    return [
      ...networkProblems(network, interfaces),
      ...settings.map(
        ({ name, old, value }) => `the kernel setting ${name} is ${old}, not ${value}`,
      ),
    ];
  }

  async function hidden(
    network: Network,
    addresses: readonly IpAddress[],
  ): Promise<readonly string[]> {
    if (addresses.length === 0) return [];
    const [{ addresses: own }, routes] = await Promise.all([
      readHostNetwork(commands),
      readRoutes(commands),
    ]);
    return hiddenAddresses({ routes, own }, network, addresses);
  }

  return { interfaceName: networkInterface, plan: networkResources, up, down, observe, hidden };
}

function reasonFor(setting: string, { name }: Network): string {
  return setting.startsWith('net.link.bridge.')
    ? `the firewall is asked about packets between the containers of ${name}`
    : `packets pass between ${name} and others`;
}

function requireFreeGateway(network: Network, interfaces: readonly Interface[]): void {
  const taken = gatewayElsewhere(network, interfaces);
  if (taken === undefined) return;
  throw new KleenetError(
    'ADDRESS_IN_USE',
    `the gateway ${taken.address} of network ${network.name} is an address of ${taken.interface}`,
    {
      hint: `remove it there with ifconfig, or create the network again with another gateway`,
      details: { address: taken.address, interface: taken.interface },
    },
  );
}
