/** A container's own network stack: like a jail with vnet, or a network namespace. */
import type { Family, PerFamily } from '../address/types.ts';
import type { AttachTarget } from '../driver.ts';
import { defaultRoutes, heldAddresses, tryAll } from '../kit/index.ts';
import type { Connection } from '../kit/index.ts';
import {
  addAddress,
  addInterface,
  interfaceOf,
  joinNetwork,
  removeInterface,
  sandboxOf,
  setDefaultRoutes,
} from './kernel.ts';
import type { StackPlane } from './stack-plane.ts';
import { at } from './state.ts';
import type { SimulatedState } from './state.ts';
import type { Steps } from './steps.ts';

/** A pair of interfaces for each endpoint: one end on the network, the other in the sandbox. */
export function ownStack(steps: Steps): StackPlane {
  return {
    hostEnd,
    plan: (target) => [{ kind: 'interface', name: hostEnd(target) }],
    async attach(target, { signal }) {
      const { network, endpoint, sandbox } = target;
      const take = (step: string, change: (state: SimulatedState) => void): Promise<void> =>
        steps.take(step, signal, change);
      await take(
        `create pair ${hostEnd(target)} and ${endpoint.interface} in ${sandbox.name}`,
        (state) => createPair(state, target),
      );
      await take(`add ${hostEnd(target)} to ${network.interface}`, (state) =>
        joinNetwork(state, hostEnd(target), network),
      );
      for (const address of subnetAddresses(target)) {
        await take(`add address ${address} to ${endpoint.interface} in ${sandbox.name}`, (state) =>
          addAddress(state, sandbox.name, endpoint.interface, address),
        );
      }
      await take(`set default routes of ${sandbox.name}`, (state) =>
        setDefaultRoutes(state, sandbox.name, waysOut(state, target)),
      );
    },
    detach(target, { signal }) {
      return tryAll([
        () =>
          steps.take(`remove pair ${hostEnd(target)}`, signal, (state) =>
            removeInterface(state, at('', hostEnd(target)), target.endpoint.id),
          ),
        () =>
          steps.take(`set default routes of ${target.sandbox.name}`, signal, (state) => {
            if (state.sandboxes[target.sandbox.name]?.runId !== target.runId) return;
            setDefaultRoutes(state, target.sandbox.name, waysOut(state, target));
          }),
      ]);
    },
    problems,
  };
}

/** With the prefix length of its subnet. */
function subnetAddresses(connection: Connection): readonly string[] {
  return heldAddresses(connection).map(({ address, prefix }) => `${address}/${prefix}`);
}

function hostEnd({ endpoint }: AttachTarget): string {
  return `kle${endpoint.id}`;
}

function createPair(state: SimulatedState, target: AttachTarget): void {
  const { network, endpoint, sandbox } = target;
  sandboxOf(state, sandbox.name);
  const segment = interfaceOf(state, '', network.interface);
  const mtu = network.mtu ?? segment.mtu;
  const there = state.interfaces[at('', hostEnd(target))];
  if (there?.owner === endpoint.id) {
    mendPair(state, target, mtu);
    return;
  }
  const inside = { name: endpoint.interface, sandbox: sandbox.name, mac: endpoint.mac ?? '' };
  const outside = { name: hostEnd(target), sandbox: '', mac: '' };
  for (const [end, other] of [
    [outside, inside],
    [inside, outside],
  ] as const) {
    const peer = at(other.sandbox, other.name);
    addInterface(state, { ...end, kind: 'pair', owner: endpoint.id, peer, mtu });
  }
}

/** An earlier attach has made it, and something else may have changed it since. */
function mendPair(state: SimulatedState, target: AttachTarget, mtu: number): void {
  const { endpoint, sandbox } = target;
  for (const key of [at('', hostEnd(target)), at(sandbox.name, endpoint.interface)]) {
    const end = state.interfaces[key];
    if (end !== undefined) end.mtu = mtu;
  }
  const inside = state.interfaces[at(sandbox.name, endpoint.interface)];
  if (inside !== undefined) inside.mac = endpoint.mac ?? '';
}

/** By which interface each family leaves, of those that are there. */
function waysOut(state: SimulatedState, target: AttachTarget): PerFamily<string> {
  const candidates = [...target.siblings, target].filter(
    ({ endpoint }) => state.interfaces[at(target.sandbox.name, endpoint.interface)],
  );
  const { ipv4, ipv6 } = defaultRoutes(candidates);
  return {
    ...(ipv4 === undefined ? {} : { ipv4: ipv4.endpoint.interface }),
    ...(ipv6 === undefined ? {} : { ipv6: ipv6.endpoint.interface }),
  };
}

function problems(state: SimulatedState, target: AttachTarget): readonly string[] {
  const { container, endpoint, network, sandbox } = target;
  const outside = state.interfaces[at('', hostEnd(target))];
  const inside = state.interfaces[at(sandbox.name, endpoint.interface)];
  if (outside?.owner !== endpoint.id || inside?.owner !== endpoint.id) {
    return [`container '${container.name}' has no interface ${endpoint.interface} of its own`];
  }
  const mtu = network.mtu ?? state.interfaces[at('', network.interface)]?.mtu;
  return [
    ...(outside.bridge === network.interface
      ? []
      : [`${outside.name} is not on ${network.interface}`]),
    ...[outside, inside]
      .filter((end) => mtu !== undefined && end.mtu !== mtu)
      .map((end) => `the MTU of ${end.name} is ${end.mtu}, not ${mtu}`),
    ...(inside.mac === (endpoint.mac ?? '')
      ? []
      : [
          `${inside.name} of container '${container.name}' does not have the MAC address ${endpoint.mac}`,
        ]),
    ...subnetAddresses(target)
      .filter((address) => !inside.addresses.includes(address))
      .map((address) => `container '${container.name}' lacks its address ${address}`),
    ...missingRoutes(state, target),
  ];
}

function missingRoutes(state: SimulatedState, target: AttachTarget): readonly string[] {
  const present = state.sandboxes[target.sandbox.name]?.defaultRoutes ?? {};
  return Object.entries(waysOut(state, target))
    .filter(([, name]) => name === target.endpoint.interface)
    .filter(([family, name]) => present[family as Family] !== name)
    .map(
      ([family, name]) =>
        `the ${family} default route of container '${target.container.name}' does not leave by ${name}`,
    );
}
