/** Rules of real kernels, applied to the simulated state. */
import { KleenetError } from '../errors.ts';
import { FAMILIES } from '../address/types.ts';
import type { IpAddress, PerFamily } from '../address/types.ts';
import type { Network } from '../model.ts';
import { INTERFACE_NAME_LENGTH } from '../names.ts';
import { at } from './state.ts';
import type { SimulatedInterface, SimulatedSandbox, SimulatedState } from './state.ts';

export type NewInterface = Pick<SimulatedInterface, 'name' | 'kind' | 'sandbox' | 'owner'> &
  Partial<Pick<SimulatedInterface, 'mac' | 'mtu' | 'peer'>>;

/** @throws KleenetError INTERFACE_IN_USE, INVALID_NAME */
export function addInterface(state: SimulatedState, wanted: NewInterface): void {
  if (wanted.name.length > INTERFACE_NAME_LENGTH) {
    throw new KleenetError(
      'INVALID_NAME',
      `the interface name ${wanted.name} is longer than ${INTERFACE_NAME_LENGTH} characters`,
    );
  }
  const key = at(wanted.sandbox, wanted.name);
  if (state.interfaces[key] !== undefined) {
    throw new KleenetError(
      'INTERFACE_IN_USE',
      `an interface named ${wanted.name} is already there`,
    );
  }
  state.interfaces[key] = { bridge: '', mac: '', mtu: 1500, addresses: [], ...wanted };
}

/** @throws KleenetError INTERFACE_NOT_FOUND */
export function interfaceOf(
  state: SimulatedState,
  sandbox: string,
  name: string,
): SimulatedInterface {
  const found = state.interfaces[at(sandbox, name)];
  if (found !== undefined) return found;
  throw new KleenetError(
    'INTERFACE_NOT_FOUND',
    `there is no interface named ${name}${sandbox === '' ? '' : ` in ${sandbox}`}`,
  );
}

/** Removes an interface that was made for `owner`, with its other end; leaves other interfaces alone. */
export function removeInterface(state: SimulatedState, key: string, owner: string): void {
  const found = state.interfaces[key];
  if (found === undefined || found.owner !== owner) return;
  dropInterface(state, key);
  if (found.peer !== undefined) dropInterface(state, found.peer);
}

/** Removing an interface removes the routes through it, and its ports leave a bridge. */
function dropInterface(state: SimulatedState, key: string): void {
  const gone = state.interfaces[key];
  if (gone === undefined) return;
  delete state.interfaces[key];
  const routes = state.sandboxes[gone.sandbox]?.defaultRoutes ?? {};
  for (const family of FAMILIES) if (routes[family] === gone.name) delete routes[family];
  for (const port of Object.values(state.interfaces))
    if (port.bridge === gone.name) port.bridge = '';
}

/** @throws KleenetError ADDRESS_IN_USE when another interface of the host has the address */
export function addAddress(
  state: SimulatedState,
  sandbox: string,
  name: string,
  address: string,
): void {
  const target = interfaceOf(state, sandbox, name);
  const [plain = ''] = address.split('/');
  const holder = Object.values(state.interfaces).find(
    (other) => other !== target && other.addresses.some((held) => held.split('/')[0] === plain),
  );
  if (holder !== undefined) throw addressInUse(plain, holder.name);
  if (!target.addresses.includes(address)) target.addresses.push(address);
}

/** Removes an address, if it exists. */
export function removeAddress(
  state: SimulatedState,
  sandbox: string,
  name: string,
  address: string,
): void {
  const target = state.interfaces[at(sandbox, name)];
  if (target !== undefined) target.addresses = target.addresses.filter((held) => held !== address);
}

/**
 * Attaches an interface to a network: as a port of its bridge, or without a bridge beside the host on its interface,
 * like macvlan.
 * @throws KleenetError INTERFACE_NOT_FOUND, MAC_IN_USE, PLATFORM_COMMAND_FAILED when there is no such bridge
 */
export function joinNetwork(
  state: SimulatedState,
  name: string,
  { interface: segment, type }: Pick<Network, 'interface' | 'type'>,
): void {
  const { kind } = interfaceOf(state, '', segment);
  if (type === 'bridge' && kind !== 'bridge') throw refused(`${segment} is not a bridge`);
  const port = interfaceOf(state, '', name);
  const macs = macsBehind(state, segment, port);
  const own = port.peer === undefined ? port.mac : (state.interfaces[port.peer]?.mac ?? '');
  if (own !== '' && macs.includes(own)) {
    throw new KleenetError('MAC_IN_USE', `the MAC address ${own} is already on ${segment}`);
  }
  port.bridge = segment;
}

function macsBehind(state: SimulatedState, bridge: string, except: SimulatedInterface): string[] {
  return Object.values(state.interfaces)
    .filter((other) => other !== except && other.bridge === bridge)
    .map((other) =>
      other.peer === undefined ? other.mac : (state.interfaces[other.peer]?.mac ?? ''),
    );
}

/** @throws KleenetError PLATFORM_COMMAND_FAILED */
export function sandboxOf(state: SimulatedState, name: string): SimulatedSandbox {
  const found = state.sandboxes[name];
  if (found !== undefined) return found;
  throw refused(`there is no sandbox named ${name}`);
}

/**
 * Sets the visible addresses of a restricted sandbox. @throws KleenetError ADDRESS_IN_USE when another one has an
 * address
 */
export function setVisibleAddresses(
  state: SimulatedState,
  name: string,
  addresses: readonly IpAddress[],
): void {
  const sandbox = sandboxOf(state, name);
  for (const address of addresses) {
    const holder = Object.keys(state.sandboxes).find(
      (other) => other !== name && state.sandboxes[other]?.addresses.includes(address),
    );
    if (holder !== undefined) throw addressInUse(address, holder);
  }
  sandbox.addresses = [...addresses];
}

/** Sets the interfaces of a sandbox's default routes. @throws KleenetError INTERFACE_NOT_FOUND */
export function setDefaultRoutes(
  state: SimulatedState,
  name: string,
  routes: PerFamily<string>,
): void {
  const sandbox = sandboxOf(state, name);
  for (const leaving of Object.values(routes)) interfaceOf(state, name, leaving);
  sandbox.defaultRoutes = { ...routes };
}

/** Removes a sandbox with everything in it, and the host's ends of its pairs. */
export function removeSandbox(state: SimulatedState, name: string): void {
  delete state.sandboxes[name];
  for (const [key, inside] of Object.entries(state.interfaces)) {
    if (inside.sandbox === name) removeInterface(state, key, inside.owner);
  }
}

function addressInUse(address: string, holder: string): KleenetError {
  return new KleenetError('ADDRESS_IN_USE', `the address ${address} is already on ${holder}`);
}

function refused(message: string): KleenetError {
  return new KleenetError('PLATFORM_COMMAND_FAILED', message);
}
