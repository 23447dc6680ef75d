/** Ports of bridges. */
import { Errno } from '../errno.ts';
import type { NetworkInterface, Stack } from '../state.ts';
import { bridgeOf, findInterface, removeMember } from './interfaces.ts';

/** @throws Errno ENOENT, EEXIST, EBUSY, EINVAL */
export function addMember(stack: Stack, bridge: NetworkInterface, name: string): void {
  if (bridge.kind !== 'bridge') throw new Errno('EINVAL');
  const port = portNamed(stack, name);
  const present = bridgeOf(stack, port.id);
  if (present === bridge) throw new Errno('EEXIST');
  if (present !== undefined) throw new Errno('EBUSY');
  if (port.kind === 'lo' || port.kind === 'bridge') throw new Errno('EINVAL');
  if (bridge.members.length === 0) bridge.mtu = port.mtu;
  else if (bridge.mtu !== port.mtu) throw new Errno('EINVAL');
  bridge.members.push({ id: port.id, private: false });
  port.promiscuous = true;
}

/** @throws Errno ENOENT */
export function deleteMember(stack: Stack, bridge: NetworkInterface, name: string): void {
  const port = requireMember(stack, bridge, name);
  removeMember(bridge, port.id);
  port.promiscuous = false;
}

/** @throws Errno ENOENT */
export function setPrivate(
  stack: Stack,
  bridge: NetworkInterface,
  name: string,
  isPrivate: boolean,
): void {
  const port = requireMember(stack, bridge, name);
  for (const member of bridge.members) if (member.id === port.id) member.private = isPrivate;
}

/** @throws Errno ENOENT */
export function setStatic(
  stack: Stack,
  bridge: NetworkInterface,
  name: string,
  ether: string,
): void {
  const { id } = requireMember(stack, bridge, name);
  bridge.statics = [
    ...bridge.statics.filter((entry) => entry.ether !== ether),
    { ether, member: id },
  ];
}

/** @throws Errno ENOENT */
export function deleteStatic(bridge: NetworkInterface, ether: string): void {
  const kept = bridge.statics.filter((entry) => entry.ether !== ether);
  if (kept.length === bridge.statics.length) throw new Errno('ENOENT');
  bridge.statics = kept;
}

const MTU_LIMITS = {
  lo: [0, Infinity],
  bridge: [576, 65535],
  epair: [72, 65535],
  vxlan: [72, 65535],
  ether: [72, 9216],
} as const;

/** A bridge passes its MTU on to its ports; a port may then differ from the bridge. @throws Errno EINVAL */
export function setMtu(stack: Stack, one: NetworkInterface, mtu: number): void {
  const [least, most] = MTU_LIMITS[one.kind];
  if (!Number.isInteger(mtu) || mtu < least || mtu > most) throw new Errno('EINVAL');
  one.mtu = mtu;
  for (const { id } of one.members) {
    const port = stack.interfaces.find((other) => other.id === id);
    if (port !== undefined) port.mtu = mtu;
  }
}

function portNamed(stack: Stack, name: string): NetworkInterface {
  const port = findInterface(stack, name);
  if (port === undefined) throw new Errno('ENOENT');
  return port;
}

function requireMember(stack: Stack, bridge: NetworkInterface, name: string): NetworkInterface {
  const port = portNamed(stack, name);
  if (bridge.members.some(({ id }) => id === port.id)) return port;
  throw new Errno('ENOENT');
}
