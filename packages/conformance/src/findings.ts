/** Queries of a target in the state of a host. Pure. */
import { heldAddresses } from '@kleenet/core/driver';
import type { AttachTarget, Resource } from '@kleenet/core/driver';
import type { SimulatedInterface, SimulatedState } from '@kleenet/core/testing';

/** The addresses that the container has or sees. */
export function addressesInside(state: SimulatedState, target: AttachTarget): readonly string[] {
  const seen = state.sandboxes[target.sandbox.name]?.addresses ?? [];
  return [
    ...seen,
    ...interfacesInside(state, target).flatMap(({ addresses }) => addresses.map(plain)),
  ];
}

/** The container's interfaces that have its addresses and are down, on a host that tells this. */
export function downInside(state: SimulatedState, target: AttachTarget): readonly string[] {
  return downOf(interfacesWithAddresses(state, target));
}

/** The other ends of those that are down, where they are on the host. */
export function downOutside(state: SimulatedState, target: AttachTarget): readonly string[] {
  const ends = interfacesWithAddresses(state, target).flatMap(({ peer = '' }) => {
    const end = state.interfaces[peer];
    return end?.sandbox === '' ? [end] : [];
  });
  return downOf(ends);
}

function interfacesWithAddresses(
  state: SimulatedState,
  target: AttachTarget,
): readonly SimulatedInterface[] {
  const wanted: readonly string[] = Object.values(target.endpoint.addresses);
  return interfacesInside(state, target).filter(({ addresses }) =>
    addresses.some((one) => wanted.includes(plain(one))),
  );
}

function downOf(interfaces: readonly SimulatedInterface[]): readonly string[] {
  return interfaces
    .filter(({ details }) => details !== undefined && !('up' in details))
    .map(({ name }) => name);
}

/** The endpoint's addresses that have another prefix length than that of their subnet or their own, anywhere on the host. */
export function wrongPrefixes(state: SimulatedState, target: AttachTarget): readonly string[] {
  const right = new Map(
    heldAddresses(target).map(({ address, prefix, single }) => [
      address as string,
      [`${address}/${prefix}`, single as string],
    ]),
  );
  return Object.values(state.interfaces).flatMap(({ addresses }) =>
    addresses.filter((one) => right.get(plain(one))?.includes(one) === false),
  );
}

/** The MAC addresses of the container's interfaces. */
export function macsInside(state: SimulatedState, target: AttachTarget): readonly string[] {
  return interfacesInside(state, target).map(({ mac }) => mac);
}

/** Every address on the host. */
export function addressesAnywhere(state: SimulatedState): readonly string[] {
  return [
    ...Object.values(state.sandboxes).flatMap(({ addresses }) => addresses),
    ...Object.values(state.interfaces).flatMap(({ addresses }) => addresses.map(plain)),
  ];
}

/**
 * Whether a claim names an interface or address, with or without its prefix length: as its name, or in another detail,
 * for example as the `peer` of a pair.
 */
export function isCovered(made: string, claims: readonly Resource[]): boolean {
  return claims.some(({ kind: _kind, ...named }) =>
    Object.values(named).some((name) => plain(name) === plain(made)),
  );
}

function interfacesInside(state: SimulatedState, { sandbox }: AttachTarget): SimulatedInterface[] {
  return Object.values(state.interfaces).filter((one) => one.sandbox === sandbox.name);
}

function plain(address: string): string {
  return address.split('/')[0] ?? address;
}
