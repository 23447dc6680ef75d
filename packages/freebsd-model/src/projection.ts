/** A modelled FreeBSD host as a simulated host, for comparing hosts. Pure. */
import type {
  SimulatedInterface,
  SimulatedInterfaceKind,
  SimulatedSandbox,
  SimulatedState,
} from '@kleenet/core/testing';
import { isLinkLocal } from './kernel/addresses.ts';
import { bridgeOf, locate } from './kernel/interfaces.ts';
import { routesOf } from './kernel/routes.ts';
import { stackOf } from './machine.ts';
import { detailsOf } from './details.ts';
import type { HostState, InterfaceKind, Jail, NetworkInterface } from './state.ts';

const KINDS: Readonly<Record<InterfaceKind, SimulatedInterfaceKind>> = {
  lo: 'loopback',
  bridge: 'bridge',
  epair: 'pair',
  vxlan: 'uplink',
  ether: 'uplink',
};

const MARK = /^kleenet:(?:network|endpoint):(\w+)$/;

/** Omits dying jails, and interfaces that the system itself puts into a stack: lo0 of a jail. */
export function project(state: HostState): SimulatedState {
  const living = state.jails.filter(({ dying }) => !dying);
  const places = [
    { jid: 0, sandbox: '' },
    ...living.filter(({ vnet }) => vnet).map(({ jid, name }) => ({ jid, sandbox: name })),
  ];
  return {
    hostId: state.hostUuid,
    bootId: bootIdOf(state),
    interfaces: Object.fromEntries(
      places.flatMap(({ jid, sandbox }) =>
        stackOf(state, jid)
          .interfaces.filter(({ kind, unit }) => jid === 0 || kind !== 'lo' || unit !== 0)
          .map((one) => [`${sandbox}/${one.name}`, projectInterface(state, jid, sandbox, one)]),
      ),
    ),
    sandboxes: Object.fromEntries(living.map((jail) => [jail.name, projectJail(state, jail)])),
    firewall: projectFirewall(state),
    exitStatuses: {},
    storage: [],
    images: [],
  };
}

/** The identity of the boot for klee: see `Platform.identity`. */
function bootIdOf({ bootTime, environment }: HostState): string {
  const kept = environment['kleenet.boot'];
  if (kept !== undefined) return kept;
  const seconds = Math.floor(bootTime / 1000);
  return `${seconds}.${(bootTime - seconds * 1000) * 1000}`;
}

function projectInterface(
  state: HostState,
  jid: number,
  sandbox: string,
  one: NetworkInterface,
): SimulatedInterface {
  const peer = one.peer === undefined ? undefined : locate(state, one.peer);
  return {
    name: one.name,
    kind: KINDS[one.kind],
    sandbox,
    owner: ownerOf(one) || (peer === undefined ? '' : ownerOf(peer.found)),
    ...(peer === undefined ? {} : { peer: `${sandboxNamed(state, peer.jid)}/${peer.found.name}` }),
    bridge: bridgeOf(stackOf(state, jid), one.id)?.name ?? '',
    mac: one.ether,
    mtu: one.mtu,
    addresses: one.addresses
      .filter(({ address }) => !isLinkLocal(address))
      .map(({ address, prefix }) => `${address}/${prefix}`),
    details: detailsOf(stackOf(state, jid), jid, one),
  };
}

function ownerOf({ description }: NetworkInterface): string {
  return MARK.exec(description)?.[1] ?? '';
}

function sandboxNamed(state: HostState, jid: number): string {
  return state.jails.find((jail) => jail.jid === jid)?.name ?? '';
}

/** A jail does not reveal its run. */
function projectJail(state: HostState, jail: Jail): SimulatedSandbox {
  const routes = jail.vnet ? routesOf(stackOf(state, jail.jid)) : [];
  const defaults = routes.filter(
    ({ prefix, gateway }) => prefix === 0 && !gateway.startsWith('link#'),
  );
  const hasProcess = state.processes.some(({ jid }) => jid === jail.jid);
  return {
    runId: '',
    stack: stackKind(jail),
    state: hasProcess ? 'running' : 'created',
    addresses: [...jail.addresses.ipv4, ...jail.addresses.ipv6] as SimulatedSandbox['addresses'],
    defaultRoutes: Object.fromEntries(defaults.map(({ family, netif }) => [family, netif])),
  };
}

function stackKind({ vnet, modes }: Jail): SimulatedSandbox['stack'] {
  if (vnet) return 'own';
  return modes.ipv4 === 'inherit' ? 'host' : 'restricted';
}

/** The anchors with their rules and tables, by name. One that lost its tables last still exists, empty. */
function projectFirewall({ pf }: HostState): string {
  return Object.entries(pf.anchors)
    .filter(
      ([, { nat, rules, tables }]) => nat.length + rules.length + Object.keys(tables).length > 0,
    )
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, { nat, rules, tables }]) => [
      `anchor "${name}"`,
      ...Object.entries(tables).map(
        ([table, { addresses }]) => `  table <${table}> { ${addresses.join(' ')} }`,
      ),
      ...[...nat, ...rules].map((line) => `  ${line}`),
    ])
    .join('\n');
}
