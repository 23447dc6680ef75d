import type { FirewallIntents } from '../firewall/intents.ts';
import { contains } from '../address/index.ts';
import type { FirewallPlatform, Flows } from '../platform.ts';
import type { SimulatedFlow } from './state.ts';
import type { Steps } from './steps.ts';

/** The firewall of the simulated host: stores the rules as text, and filters nothing. */
export function simulatedFirewall(steps: Steps): FirewallPlatform {
  return {
    status: () => Promise.resolve({ state: 'ready', reasons: [] }),
    render,
    async apply(rules, { signal }) {
      const before = await steps.look((state) => state.firewall);
      if (before !== rules) {
        await steps.take('load firewall rules', signal, (state) => {
          state.firewall = rules;
        });
      }
      return before !== '';
    },
    async clear({ signal }) {
      await steps.take('remove firewall rules', signal, (state) => {
        state.firewall = '';
      });
    },
    async isLoaded(rules) {
      const wanted = await rules;
      return steps.look((state) => state.firewall === wanted);
    },
    async endFlows(flows, { signal }) {
      const ending = (flow: SimulatedFlow): boolean => isMeant(flow, flows);
      if (!(await steps.look(({ flows: known = [] }) => known.some(ending)))) return;
      await steps.take('end connections', signal, (state) => {
        state.flows = (state.flows ?? []).filter((flow) => !ending(flow));
      });
    },
    observe: (rules) =>
      steps.look((state) =>
        state.firewall === rules ? [] : ['the firewall rules are not those that klee loaded'],
      ),
  };
}

function render({ networks, published }: FirewallIntents): string {
  const lines = [
    ...networks.map(
      ({ id, interface: name, subnets, nat, icc, internal }) =>
        `network ${id} on ${name}: ${Object.values(subnets).join(' ')}${nat ? ' nat' : ''}${icc ? ' icc' : ''}${internal ? ' internal' : ''}`,
    ),
    ...published.map(
      ({ port, addresses }) =>
        `publish ${port.interface ?? '*'} ${port.hostPorts.join('-')}/${port.protocol} to ${Object.values(addresses).join(' ')} port ${port.containerPort}`,
    ),
  ];
  return lines.map((line) => `${line}\n`).join('');
}

function isMeant({ from, to, port, at }: SimulatedFlow, flows: Flows): boolean {
  switch (flows.of) {
    case 'addresses':
      return flows.addresses.some((address) => address === from || address === to);
    case 'subnets':
      return flows.subnets.some((subnet) =>
        [from, to].some((address) => contains(subnet, address)),
      );
    case 'ports':
      return (
        (at === undefined || flows.formerly.includes(to)) &&
        flows.ports.some(
          ({ hostPorts: [first, last] }) => port !== undefined && port >= first && port <= last,
        )
      );
  }
}
