/** How any driver works on the simulated host: by the kind of stack that it declares, and nothing else. */
import { prefixLength } from '../address/index.ts';
import { FAMILIES } from '../address/types.ts';
import type { Family } from '../address/types.ts';
import type { AttachHost, AttachTarget, Capabilities, DataPlane, Observation } from '../driver.ts';
import type { Resource } from '../model.ts';
import { addAddress, addInterface, interfaceOf, joinBridge, removeAddress, removeInterface, sandboxOf } from './kernel.ts';
import { at } from './state.ts';
import type { SimulatedState } from './state.ts';
import type { Steps } from './steps.ts';

/** The data plane for a kind of stack. */
export function genericDataPlane(steps: Steps, { stack }: Capabilities): DataPlane {
  const kind = stack === 'own' ? ownStack(steps) : sharedStack(steps);
  return {
    status: () => Promise.resolve({ state: 'ready', reasons: [] }),
    plan: kind.plan,
    attach: kind.attach,
    detach: kind.detach,
    observe: (targets) =>
      steps.look((state) => targets.map((target) => observation(target, kind.problems(state, target), kind.hostEnd(target)))),
  };
}

interface Kind extends Pick<DataPlane, 'plan' | 'attach' | 'detach'> {
  problems(state: SimulatedState, target: AttachTarget): string[];
  hostEnd(target: AttachTarget): string | undefined;
}

function observation(target: AttachTarget, problems: string[], hostInterface: string | undefined): Observation {
  return { endpointId: target.endpoint.id, problems, ...(hostInterface === undefined ? {} : { hostInterface }) };
}

/** Addresses on the network's interface, and on the list of those that the sandbox sees. */
function sharedStack(steps: Steps): Kind {
  return {
    plan: (target) => single(target).map((address): Resource => ({ kind: 'address', name: address, interface: target.network.interface })),
    async attach(target, { signal }: AttachHost) {
      const { interface: name } = target.network;
      for (const address of single(target)) {
        await steps.take(`add address ${address} to ${name}`, signal, (state) => addAddress(state, '', name, address));
      }
      await steps.take(`set addresses of ${target.sandbox.name}`, signal, (state) => {
        sandboxOf(state, target.sandbox.name).addresses = [...siblingAddresses(target), ...addresses(target)];
      });
    },
    async detach(target, { signal }: AttachHost) {
      const { interface: name } = target.network;
      await steps.take(`set addresses of ${target.sandbox.name}`, signal, (state) => {
        const sandbox = state.sandboxes[target.sandbox.name];
        if (sandbox?.runId === target.runId) sandbox.addresses = sandbox.addresses.filter((held) => !addresses(target).includes(held));
      });
      for (const address of single(target)) {
        await steps.take(`remove address ${address} from ${name}`, signal, (state) => removeAddress(state, '', name, address));
      }
    },
    problems(state, target) {
      const onHost = state.interfaces[at('', target.network.interface)]?.addresses ?? [];
      const inside = state.sandboxes[target.sandbox.name]?.addresses ?? [];
      return [
        ...single(target)
          .filter((address) => !onHost.includes(address))
          .map((address) => `interface ${target.network.interface} lacks the address ${address}`),
        ...addresses(target)
          .filter((address) => !inside.includes(address))
          .map((address) => `container '${target.container.name}' does not see its address ${address}`),
      ];
    },
    hostEnd: () => undefined,
  };
}

/** A pair of interfaces, one end in the bridge of the network and the other in the sandbox. */
function ownStack(steps: Steps): Kind {
  return {
    plan: (target) => [{ kind: 'interface', name: hostEnd(target) }],
    async attach(target, { signal }: AttachHost) {
      const { network, endpoint, sandbox } = target;
      const inside = at(sandbox.name, endpoint.interface);
      const outside = at('', hostEnd(target));
      await steps.take(`create pair ${hostEnd(target)} and ${endpoint.interface} in ${sandbox.name}`, signal, (state) => {
        sandboxOf(state, sandbox.name);
        if (isPair(state, target)) return;
        const mtu = interfaceOf(state, '', network.interface).mtu;
        addInterface(state, { name: hostEnd(target), sandbox: '', owner: endpoint.id, peer: inside, mtu });
        addInterface(state, { name: endpoint.interface, sandbox: sandbox.name, owner: endpoint.id, peer: outside, mtu, mac: endpoint.mac ?? '' });
      });
      await steps.take(`add ${hostEnd(target)} to ${network.interface}`, signal, (state) => joinBridge(state, hostEnd(target), network.interface));
      for (const address of withPrefix(target)) {
        await steps.take(`add address ${address} to ${endpoint.interface} in ${sandbox.name}`, signal, (state) =>
          addAddress(state, sandbox.name, endpoint.interface, address),
        );
      }
      await steps.take(`set default routes of ${sandbox.name}`, signal, (state) => {
        sandboxOf(state, sandbox.name).defaultRoutes = defaultRoutes(target, true);
      });
    },
    async detach(target, { signal }: AttachHost) {
      await steps.take(`remove pair ${hostEnd(target)}`, signal, (state) => removeInterface(state, at('', hostEnd(target)), target.endpoint.id));
      await steps.take(`set default routes of ${target.sandbox.name}`, signal, (state) => {
        const sandbox = state.sandboxes[target.sandbox.name];
        if (sandbox?.runId === target.runId) sandbox.defaultRoutes = defaultRoutes(target, false);
      });
    },
    problems(state, target) {
      const { container, endpoint, network, sandbox } = target;
      const outside = state.interfaces[at('', hostEnd(target))];
      const inside = state.interfaces[at(sandbox.name, endpoint.interface)];
      if (outside === undefined || inside === undefined) return [`container '${container.name}' has no interface ${endpoint.interface}`];
      return [
        ...(outside.bridge === network.interface ? [] : [`${hostEnd(target)} is not on the bridge ${network.interface}`]),
        ...withPrefix(target)
          .filter((address) => !inside.addresses.includes(address))
          .map((address) => `container '${container.name}' lacks its address ${address}`),
      ];
    },
    hostEnd,
  };
}

function hostEnd({ endpoint }: AttachTarget): string {
  return `kle${endpoint.id}`;
}

function isPair(state: SimulatedState, target: AttachTarget): boolean {
  return state.interfaces[at('', hostEnd(target))]?.owner === target.endpoint.id;
}

/** The interface that each family's default route leaves by: the highest priority, then the first connected. */
function defaultRoutes(target: AttachTarget, withSelf: boolean): Record<string, string> {
  const others = target.siblings.filter(({ attached }) => attached);
  const candidates = [...others, ...(withSelf ? [target] : [])].toSorted(
    (a, b) => b.endpoint.gatewayPriority - a.endpoint.gatewayPriority || (a.endpoint.created < b.endpoint.created ? -1 : 1),
  );
  const routes: Record<string, string> = {};
  for (const family of FAMILIES) {
    const winner = candidates.find(({ network }) => !network.internal && network.pools[family]?.gateway !== undefined);
    if (winner !== undefined) routes[family] = winner.endpoint.interface;
  }
  return routes;
}

function addresses({ endpoint }: Pick<AttachTarget, 'endpoint'>): NonNullable<AttachTarget['endpoint']['addresses'][Family]>[] {
  return FAMILIES.flatMap((family) => endpoint.addresses[family] ?? []);
}

function siblingAddresses({ siblings }: AttachTarget): ReturnType<typeof addresses> {
  return siblings.filter(({ attached }) => attached).flatMap(addresses);
}

function single({ endpoint }: AttachTarget): string[] {
  return FAMILIES.flatMap((family) => {
    const address = endpoint.addresses[family];
    return address === undefined ? [] : [`${address}/${family === 'ipv4' ? 32 : 128}`];
  });
}

function withPrefix({ endpoint, network }: AttachTarget): string[] {
  return FAMILIES.flatMap((family) => {
    const address = endpoint.addresses[family];
    const pool = network.pools[family];
    return address === undefined || pool === undefined ? [] : [`${address}/${prefixLength(pool.subnet)}`];
  });
}
