/** Removes resources of attach from a host, behind the driver's back. Pure. */
import type { SimulatedState } from '@kleenet/core/testing';

export interface Removal {
  readonly what: string;
  readonly remove: (state: SimulatedState) => void;
}

/** One removal for each additional interface, interface address and sandbox address of `after`. */
export function removals(before: SimulatedState, after: SimulatedState): readonly Removal[] {
  return [...interfaceRemovals(before, after), ...visibleAddressRemovals(before, after)];
}

function interfaceRemovals(before: SimulatedState, after: SimulatedState): Removal[] {
  return Object.entries(after.interfaces).flatMap(([key, { addresses }]): Removal[] => {
    const known = before.interfaces[key];
    const added = addresses.filter((address) => known?.addresses.includes(address) !== true);
    const whole: Removal = {
      what: `the interface ${key}`,
      remove: (state) => {
        delete state.interfaces[key];
      },
    };
    const parts = added.map((address) => ({
      what: `the address ${address} of ${key}`,
      remove: (state: SimulatedState) => removeAddress(state, key, address),
    }));
    return known === undefined ? [whole, ...parts] : parts;
  });
}

function removeAddress(state: SimulatedState, key: string, address: string): void {
  const changed = state.interfaces[key];
  if (changed !== undefined) changed.addresses = changed.addresses.filter((one) => one !== address);
}

function visibleAddressRemovals(before: SimulatedState, after: SimulatedState): Removal[] {
  return Object.entries(after.sandboxes).flatMap(([name, { addresses }]) =>
    addresses
      .filter((address) => before.sandboxes[name]?.addresses.includes(address) !== true)
      .map((address) => ({
        what: `the address ${address} of the sandbox ${name}`,
        remove(state: SimulatedState) {
          const sandbox = state.sandboxes[name];
          if (sandbox !== undefined) {
            sandbox.addresses = sandbox.addresses.filter((one) => one !== address);
          }
        },
      })),
  );
}
