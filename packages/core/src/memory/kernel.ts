/** What kernels enforce, applied to the simulated state. */
import { KleenetError } from '../errors.ts';
import { INTERFACE_NAME_LENGTH } from '../names.ts';
import { at } from './state.ts';
import type { SimulatedInterface, SimulatedSandbox, SimulatedState } from './state.ts';

export type NewInterface = Pick<SimulatedInterface, 'name' | 'sandbox' | 'owner'> &
  Partial<Pick<SimulatedInterface, 'mac' | 'mtu' | 'peer'>>;

/** @throws KleenetError INTERFACE_IN_USE, INVALID_NAME */
export function addInterface(state: SimulatedState, wanted: NewInterface): void {
  if (wanted.name.length > INTERFACE_NAME_LENGTH) {
    throw new KleenetError('INVALID_NAME', `the interface name ${wanted.name} is longer than ${INTERFACE_NAME_LENGTH} characters`);
  }
  const key = at(wanted.sandbox, wanted.name);
  if (state.interfaces[key] !== undefined) {
    throw new KleenetError('INTERFACE_IN_USE', `an interface named ${wanted.name} is already there`);
  }
  state.interfaces[key] = { bridge: '', mac: '', mtu: 1500, addresses: [], ...wanted };
}

/** @throws KleenetError INTERFACE_NOT_FOUND */
export function interfaceOf(state: SimulatedState, sandbox: string, name: string): SimulatedInterface {
  const found = state.interfaces[at(sandbox, name)];
  if (found !== undefined) return found;
  throw new KleenetError('INTERFACE_NOT_FOUND', `there is no interface named ${name}${sandbox === '' ? '' : ` in ${sandbox}`}`);
}

/** Removes an interface that was made for `owner`, with its other end; leaves anybody else's. */
export function removeInterface(state: SimulatedState, key: string, owner: string): void {
  const found = state.interfaces[key];
  if (found === undefined || found.owner !== owner) return;
  delete state.interfaces[key];
  if (found.peer !== undefined) delete state.interfaces[found.peer];
  for (const other of Object.values(state.interfaces)) if (other.bridge === found.name && found.sandbox === '') other.bridge = '';
}

/** @throws KleenetError ADDRESS_IN_USE when another interface of the host has the address */
export function addAddress(state: SimulatedState, sandbox: string, name: string, address: string): void {
  const target = interfaceOf(state, sandbox, name);
  const plain = address.split('/')[0];
  const holder = Object.values(state.interfaces).find(
    (other) => other !== target && other.addresses.some((held) => held.split('/')[0] === plain),
  );
  if (holder !== undefined) {
    throw new KleenetError('ADDRESS_IN_USE', `the address ${plain} is already on ${holder.name}`);
  }
  if (!target.addresses.includes(address)) target.addresses.push(address);
}

/** Removes an address, if it is there. */
export function removeAddress(state: SimulatedState, sandbox: string, name: string, address: string): void {
  const target = state.interfaces[at(sandbox, name)];
  if (target !== undefined) target.addresses = target.addresses.filter((held) => held !== address);
}

/** @throws KleenetError INTERFACE_NOT_FOUND, MAC_IN_USE */
export function joinBridge(state: SimulatedState, name: string, bridge: string): void {
  interfaceOf(state, '', bridge);
  const port = interfaceOf(state, '', name);
  const macs = macsBehind(state, bridge, port);
  const own = port.peer === undefined ? port.mac : (state.interfaces[port.peer]?.mac ?? '');
  if (own !== '' && macs.includes(own)) {
    throw new KleenetError('MAC_IN_USE', `the MAC address ${own} is already on the bridge ${bridge}`);
  }
  port.bridge = bridge;
}

function macsBehind(state: SimulatedState, bridge: string, except: SimulatedInterface): string[] {
  return Object.values(state.interfaces)
    .filter((other) => other !== except && other.bridge === bridge)
    .map((other) => (other.peer === undefined ? other.mac : (state.interfaces[other.peer]?.mac ?? '')));
}

/** @throws KleenetError PLATFORM_COMMAND_FAILED */
export function sandboxOf(state: SimulatedState, name: string): SimulatedSandbox {
  const found = state.sandboxes[name];
  if (found !== undefined) return found;
  throw new KleenetError('PLATFORM_COMMAND_FAILED', `there is no sandbox named ${name}`);
}

/** Removes a sandbox with everything in it, and the host's ends of its pairs. */
export function removeSandbox(state: SimulatedState, name: string): void {
  delete state.sandboxes[name];
  for (const [key, inside] of Object.entries(state.interfaces)) {
    if (inside.sandbox !== name) continue;
    delete state.interfaces[key];
    if (inside.peer !== undefined) delete state.interfaces[inside.peer];
  }
}
