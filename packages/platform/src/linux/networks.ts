/** Networks on a Linux host: one bridge each, or an interface of the user's. */
import { knownResource } from '@kleenet/core';
import type {
  ClaimedNetwork,
  CommandRunner,
  Logger,
  Network,
  NetworkPlatform,
  Operation,
  Resource,
} from '@kleenet/core';
import { links, routes } from '@kleenet/core/linux';
import type { IpLink } from '@kleenet/core/linux';
import { interfaceInUse, interfaceNotFound } from '../network/failures.ts';
import { ipv6Off, requireFamilies } from './families.ts';
import type { HostFiles } from './host-files.ts';
import { HOST_DETAILS, HOST_ROUTES } from './host-look.ts';
import { ipLook } from './ip-look.ts';
import { ipBatch, ipRead, readLink } from './ip.ts';
import { ipRemove } from './ip-removals.ts';
import { macFor, networkInterface } from './names.ts';
import {
  assertLines,
  createLines,
  forwardingSysctls,
  interfaceRouteLine,
  interfaceSysctls,
  interfacesWithAdvertisedRoute,
  isOurs,
  linkLines,
  missingInterfaceRoutes,
  networkProblems,
  networkResources,
  removeLines,
  restoringLines,
  strayLines,
} from './network-plan.ts';
import {
  changeSysctls,
  differingSysctls,
  interfaceSysctlsToRestore,
  settingProblem,
  writeSysctls,
} from './sysctl.ts';
import type { SysctlChange } from './sysctl.ts';
import { hiddenAddresses } from './ways.ts';

export interface NetworkDependencies {
  readonly commands: CommandRunner;
  readonly files: HostFiles;
  readonly logger: Logger;
}

export function createNetworkPlatform({
  commands,
  files,
  logger,
}: NetworkDependencies): NetworkPlatform {
  async function up(network: Network, operation: Operation): Promise<void> {
    await requireFamilies(files, network);
    if (network.state === 'creating' && network.type !== 'custom') await upNew(network, operation);
    else await mend(network, operation);
    await enableForwarding(network, operation);
  }

  /** One that has been looked at just now: its interface is there only if other software was faster. */
  async function upNew(network: Network, operation: Operation): Promise<void> {
    const { signal } = operation;
    try {
      await upOwn(network, undefined, operation);
    } catch (error) {
      const link = await readLink(commands, network.interface, { signal });
      throw link === undefined || isOurs(link) ? error : interfaceInUse(network);
    }
  }

  async function mend(network: Network, operation: Operation): Promise<void> {
    const link = await readLink(commands, network.interface, { signal: operation.signal });
    if (network.type === 'custom') await upCustom(network, link, operation);
    else await upOwn(network, link, operation);
  }

  async function upOwn(
    network: Network,
    link: IpLink | undefined,
    operation: Operation,
  ): Promise<void> {
    if (link !== undefined && !isOurs(link)) throw interfaceInUse(network);
    if (link === undefined) {
      await ipBatch(commands, { lines: createLines(network), signal: operation.signal });
    } else {
      const stray = strayLines(network, link);
      const lines = [
        ...linkLines(network, link),
        ...stray.before,
        ...assertLines(network),
        ...stray.after,
      ];
      await ipBatch(commands, { lines, signal: operation.signal });
      await restoreRoutes(network, link, operation);
    }
    const wanted = interfaceSysctls(network);
    await writeSysctls(
      commands,
      link === undefined ? wanted : await differingSysctls(files, wanted),
      { signal: operation.signal },
    );
  }

  /** The kernel adds the route of an address with the address, and does not restore a deleted one. */
  async function restoreRoutes(
    network: Network,
    link: IpLink,
    { signal }: Operation,
  ): Promise<void> {
    if (network.type !== 'bridge') return;
    const known = routes(await ipRead(commands, { lines: ['route show table all'], signal }));
    const missing = missingInterfaceRoutes(network, link, known);
    const { clear, make } = restoringLines(network, missing);
    await ipRemove(commands, { lines: clear, signal });
    await ipBatch(commands, { lines: make, signal });
  }

  async function upCustom(
    network: Network,
    link: IpLink | undefined,
    operation: Operation,
  ): Promise<void> {
    if (link === undefined) throw interfaceNotFound(network);
    const known = routes(
      await ipRead(commands, { lines: ['route show table all'], signal: operation.signal }),
    );
    const missing = missingInterfaceRoutes(network, link, known);
    for (const subnet of missing)
      await operation.claim({ kind: 'route', name: subnet, interface: network.interface });
    const lines = missing.map((subnet) => interfaceRouteLine('append', subnet, network.interface));
    await ipBatch(commands, { lines, signal: operation.signal });
    await changeSysctls(
      commands,
      await differingSysctls(files, interfaceSysctls(network)),
      'interface',
      operation,
    );
  }

  /** Forwarding belongs to the host: it stays on when a network is removed, because other software may rely on it. */
  async function enableForwarding(network: Network, operation: Operation): Promise<void> {
    const changes = await differingSysctls(files, forwardingSysctls(network));
    if (changes.some(({ name }) => name.startsWith('net/ipv6/')))
      await keepAdvertisedRoutes(operation);
    await changeSysctls(commands, changes, 'host', operation);
  }

  /** A forwarding host ignores router advertisements, unless accept_ra is 2 (Linux, ip-sysctl.rst). */
  async function keepAdvertisedRoutes(operation: Operation): Promise<void> {
    const known = routes(
      await ipRead(commands, { lines: ['route show table all'], signal: operation.signal }),
    );
    const wanted = interfacesWithAdvertisedRoute(known).map((name) => ({
      name: `net/ipv6/conf/${name}/accept_ra`,
      value: '2',
    }));
    const changes: readonly SysctlChange[] = await differingSysctls(files, wanted);
    for (const { name } of changes) {
      logger.warn(
        `${name} is set to 2, so that the host keeps its IPv6 default route while it forwards`,
      );
    }
    await changeSysctls(commands, changes, 'host', operation);
  }

  async function down(
    network: Network,
    claims: readonly Resource[],
    operation: Operation,
  ): Promise<void> {
    await downTogether([{ network, claims }], operation);
  }

  /** One look at all interfaces, and one batch for those of klee. */
  async function downTogether(
    gone: readonly ClaimedNetwork[],
    operation: Operation,
  ): Promise<void> {
    const { signal } = operation;
    const names = gone.map(({ network }) => network.interface);
    const lines = names.map((name) => `address show dev ${name}`);
    const present = new Map(
      links(await ipLook(commands, { lines, signal })).map((link) => [link.ifname, link]),
    );
    const own = gone.flatMap(({ network }) => {
      if (network.type === 'custom') return [];
      const link = present.get(network.interface);
      return removeLines(network, link !== undefined && isOurs(link));
    });
    await ipRemove(commands, { lines: own, signal });
    for (const { network, claims } of gone)
      if (network.type === 'custom')
        await downCustom(network, claims, present.has(network.interface), signal);
  }

  async function downCustom(
    network: Network,
    claims: readonly Resource[],
    isPresent: boolean,
    signal: AbortSignal,
  ): Promise<void> {
    const made = claims.filter((claim) => {
      const known = knownResource(claim);
      return known?.kind === 'route' && known.interface === network.interface;
    });
    await ipRemove(commands, {
      lines: made.map(({ name }) => interfaceRouteLine('delete', name, network.interface)),
      signal,
    });
    if (!isPresent) return;
    const restored = await differingSysctls(files, interfaceSysctlsToRestore(claims));
    await writeSysctls(commands, restored, { signal });
  }

  async function observe(network: Network): Promise<readonly string[]> {
    const [present, known, settings, off] = await Promise.all([
      ipRead(commands, HOST_DETAILS),
      ipRead(commands, HOST_ROUTES),
      differingSysctls(files, [...forwardingSysctls(network), ...interfaceSysctls(network)]),
      ipv6Off(files, network),
    ]);
    const link = links(present).find(({ ifname }) => ifname === network.interface);
    return [
      ...(off === undefined ? [] : [`IPv6 is switched off on this host: ${off}`]),
      ...networkProblems(network, link, routes(known)),
      ...settings.map(settingProblem),
    ];
  }

  return {
    interfaceName: networkInterface,
    mac: ({ id, type }) => (type === 'custom' ? undefined : macFor('network', id)),
    plan: networkResources,
    up,
    down,
    downTogether,
    observe,
    hidden: (network, addresses) => hiddenAddresses(commands, network, addresses),
    requireFamilies: (network) => requireFamilies(files, network),
  };
}
