/** Interfaces of all stacks: found, moved between stacks, made and destroyed. */
import { Errno } from '../errno.ts';
import { stackOf } from '../machine.ts';
import { isLater } from '../releases.ts';
import type { HostState, InterfaceKind, NetworkInterface, Stack } from '../state.ts';

/** if_xname holds 16 bytes, with the final NUL. */
const NAME_LENGTH = 15;

/** The first of that name: two are possible. */
export function findInterface(stack: Stack, name: string): NetworkInterface | undefined {
  return stack.interfaces.find((one) => one.name === name);
}

/** The stack that an interface is in now. */
export function locate(
  state: HostState,
  id: number,
): { readonly jid: number; readonly found: NetworkInterface } | undefined {
  for (const [jid, { interfaces }] of Object.entries(state.stacks)) {
    const found = interfaces.find((one) => one.id === id);
    if (found !== undefined) return { jid: Number(jid), found };
  }
  return undefined;
}

/** The bridge that an interface is a port of. */
export function bridgeOf(stack: Stack, id: number): NetworkInterface | undefined {
  return stack.interfaces.find(({ members }) => members.some((member) => member.id === id));
}

/** @throws Errno EEXIST, ENAMETOOLONG, EINVAL */
export function renameInterface(stack: Stack, one: NetworkInterface, name: string): void {
  if (name === '') throw new Errno('EINVAL');
  if (name.length > NAME_LENGTH) throw new Errno('ENAMETOOLONG');
  if (findInterface(stack, name) !== undefined) throw new Errno('EEXIST');
  one.name = name;
}

/** The initial state of an interface, by kind. */
const DEFAULTS: Readonly<
  Record<InterfaceKind, Pick<NetworkInterface, 'mtu' | 'ifDisabled' | 'autoLinkLocal'>>
> = {
  lo: { mtu: 16384, ifDisabled: false, autoLinkLocal: true },
  bridge: { mtu: 1500, ifDisabled: true, autoLinkLocal: false },
  epair: { mtu: 1500, ifDisabled: true, autoLinkLocal: true },
  vxlan: { mtu: 1450, ifDisabled: true, autoLinkLocal: true },
  ether: { mtu: 1500, ifDisabled: false, autoLinkLocal: true },
};

export type NewInterface = Pick<NetworkInterface, 'kind' | 'unit' | 'name'> & {
  readonly ether?: string;
  readonly peer?: number;
  /** Default: the next one. */
  readonly id?: number;
};

/** Puts a new interface into a stack. */
export function addInterface(
  state: HostState,
  jid: number,
  wanted: NewInterface,
): NetworkInterface {
  const { ether = '', id = takeId(state), ...rest } = wanted;
  const made: NetworkInterface = {
    ...DEFAULTS[wanted.kind],
    ...rest,
    id,
    ether,
    home: jid,
    index: 0,
    up: false,
    promiscuous: false,
    hardwareEther: ether,
    description: '',
    groups: wanted.kind === 'ether' ? [] : [wanted.kind],
    addresses: [],
    noDad: false,
    acceptRtadv: false,
    members: [],
    statics: [],
    started: false,
  };
  enter(stackOf(state, jid), made);
  return made;
}

export function takeId(state: HostState): number {
  const id = state.nextInterface;
  state.nextInterface += 1;
  return id;
}

/** It gets the first free number, unless its own is free. */
function enter(stack: Stack, one: NetworkInterface): void {
  const taken = new Set(stack.interfaces.map(({ index }) => index));
  if (one.index === 0 || taken.has(one.index)) {
    one.index = 1;
    while (taken.has(one.index)) one.index += 1;
  }
  stack.interfaces.push(one);
}

/** Takes an interface out of a stack, with the routes that leave by it, and out of its bridge. */
function leave(stack: Stack, one: NetworkInterface): void {
  const bridge = bridgeOf(stack, one.id);
  if (bridge !== undefined) removeMember(bridge, one.id);
  stack.interfaces = stack.interfaces.filter(({ id }) => id !== one.id);
  stack.routes = stack.routes.filter((route) => route.interface !== one.id);
  for (const { id } of one.members) {
    const member = stack.interfaces.find((other) => other.id === id);
    if (member !== undefined) member.promiscuous = false;
  }
  one.members = [];
  one.statics = [];
}

export function removeMember(bridge: NetworkInterface, id: number): void {
  bridge.members = bridge.members.filter((member) => member.id !== id);
  bridge.statics = bridge.statics.filter(({ member }) => member !== id);
}

/**
 * Moves an interface to another stack. It loses its addresses and IPv6 settings, and is down; away from home it has the
 * group of its cloner, back home it has none.
 */
export function moveInterface(
  state: HostState,
  one: NetworkInterface,
  from: number,
  to: number,
): void {
  leave(stackOf(state, from), one);
  one.addresses = [];
  one.up = false;
  one.noDad = false;
  one.acceptRtadv = false;
  one.ifDisabled = DEFAULTS[one.kind].ifDisabled;
  one.groups = to === one.home || one.kind === 'ether' ? [] : [one.kind];
  // On FreeBSD 15.1 it keeps its number on the way.
  if (!isLater(state.release)) one.index = 0;
  enter(stackOf(state, to), one);
}

/** Removes an interface, and the other end of an epair wherever it is. */
export function removeInterface(state: HostState, jid: number, one: NetworkInterface): void {
  const stack = stackOf(state, jid);
  leave(stack, one);
  const peer = one.peer === undefined ? undefined : locate(state, one.peer);
  if (peer !== undefined) leave(stackOf(state, peer.jid), peer.found);
}
