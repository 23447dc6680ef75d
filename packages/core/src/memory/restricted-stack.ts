/** The host's stack with only the container's own addresses visible: like a jail without vnet. */
import type { IpAddress } from '../address/types.ts';
import type { AttachTarget } from '../driver.ts';
import { heldAddresses, inFamilyOrder, tryAll } from '../kit/index.ts';
import type { Connection } from '../kit/index.ts';
import { addAddress, removeAddress, setVisibleAddresses } from './kernel.ts';
import type { StackPlane } from './stack-plane.ts';
import { at } from './state.ts';
import type { SimulatedState } from './state.ts';
import type { Steps } from './steps.ts';

/** Addresses on the network's interface, and on the sandbox's list of visible addresses. */
export function restrictedStack(steps: Steps): StackPlane {
  return {
    hostEnd: () => undefined,
    plan: (target) =>
      singleAddresses(target).map((name) => ({
        kind: 'address',
        name,
        interface: target.network.interface,
      })),
    async attach(target, { signal }) {
      const { network, sandbox } = target;
      for (const address of singleAddresses(target)) {
        await steps.take(`add address ${address} to ${network.interface}`, signal, (state) =>
          addAddress(state, '', network.interface, address),
        );
      }
      const addresses = [...siblingAddresses(target), ...plainAddresses(target)];
      await steps.take(
        `set addresses of ${sandbox.name} to ${addresses.join(' ')}`,
        signal,
        (state) => setVisibleAddresses(state, sandbox.name, addresses),
      );
    },
    detach(target, { signal }) {
      const { network, sandbox } = target;
      return tryAll([
        () =>
          steps.take(
            `take ${plainAddresses(target).join(' ')} from the addresses of ${sandbox.name}`,
            signal,
            (state) => hideAddresses(state, target),
          ),
        ...singleAddresses(target).map(
          (address) => () =>
            steps.take(`remove address ${address} from ${network.interface}`, signal, (state) =>
              removeAddress(state, '', network.interface, address),
            ),
        ),
      ]);
    },
    problems: (state, target) => [
      ...missingOnHost(state, target).map(
        (address) => `interface ${target.network.interface} lacks the address ${address}`,
      ),
      ...missingInside(state, target).map(
        (address) => `container '${target.container.name}' does not see its address ${address}`,
      ),
    ],
  };
}

function plainAddresses({ endpoint }: Connection): readonly IpAddress[] {
  return inFamilyOrder(endpoint.addresses);
}

/** Each as an address that brings no route to its subnet. */
function singleAddresses(connection: Connection): readonly string[] {
  return heldAddresses(connection).map(({ single }) => single);
}

function siblingAddresses({ siblings }: AttachTarget): readonly IpAddress[] {
  return siblings.filter(({ attached }) => attached).flatMap(plainAddresses);
}

/** Only in the sandbox of this run: a later run may reuse the name. */
function hideAddresses(state: SimulatedState, target: AttachTarget): void {
  const sandbox = state.sandboxes[target.sandbox.name];
  if (sandbox?.runId !== target.runId) return;
  const gone = plainAddresses(target);
  sandbox.addresses = sandbox.addresses.filter((address) => !gone.includes(address));
}

function missingOnHost(state: SimulatedState, target: AttachTarget): readonly string[] {
  const there = state.interfaces[at('', target.network.interface)]?.addresses ?? [];
  return singleAddresses(target).filter((address) => !there.includes(address));
}

function missingInside(state: SimulatedState, target: AttachTarget): readonly string[] {
  const seen = state.sandboxes[target.sandbox.name]?.addresses ?? [];
  return plainAddresses(target).filter((address) => !seen.includes(address));
}
