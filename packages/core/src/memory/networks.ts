import { gatewayAddresses } from '../kit/index.ts';
import type { Network } from '../model.ts';
import type { NetworkPlatform } from '../platform.ts';
import { addAddress, addInterface, interfaceOf, removeInterface } from './kernel.ts';
import { at } from './state.ts';
import type { Steps } from './steps.ts';

/** Networks of the simulated host: one interface each, with the automatic gateway on it. */
export function simulatedNetworks(steps: Steps): NetworkPlatform {
  return {
    interfaceName: (id) => `kln${id}`,
    plan: (network) =>
      network.type === 'custom' ? [] : [{ kind: 'interface', name: network.interface }],
    async up(network, { signal }) {
      const { interface: name } = network;
      if (network.type === 'custom') {
        await steps.look((state) => interfaceOf(state, '', name));
        return;
      }
      const kind = network.type;
      await steps.take(`create ${kind} interface ${name}`, signal, (state) => {
        if (state.interfaces[at('', name)]?.owner === network.id) return;
        addInterface(state, {
          name,
          kind,
          sandbox: '',
          owner: network.id,
          ...(network.mtu === undefined ? {} : { mtu: network.mtu }),
        });
      });
      for (const address of gateways(network)) {
        await steps.take(`add address ${address} to ${name}`, signal, (state) =>
          addAddress(state, '', name, address),
        );
      }
    },
    async down(network, _claims, { signal }) {
      if (network.type === 'custom') return;
      await steps.take(`remove interface ${network.interface}`, signal, (state) =>
        removeInterface(state, at('', network.interface), network.id),
      );
    },
    async downTogether(gone, { signal }) {
      const made = gone.map(({ network }) => network).filter(({ type }) => type !== 'custom');
      const names = made.map((network) => network.interface);
      await steps.take(`remove interfaces ${names.join(', ')}`, signal, (state) => {
        for (const network of made) removeInterface(state, at('', network.interface), network.id);
      });
    },
    observe: (network) =>
      steps.look((state) => {
        const found = state.interfaces[at('', network.interface)];
        if (found === undefined) return [`interface ${network.interface} is missing`];
        return gateways(network)
          .filter((address) => !found.addresses.includes(address))
          .map((address) => `interface ${network.interface} lacks the gateway address ${address}`);
      }),
  };
}

function gateways(network: Network): readonly string[] {
  return gatewayAddresses(network).map(({ address, prefix }) => `${address}/${prefix}`);
}
