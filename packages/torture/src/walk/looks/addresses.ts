/** Who has which address, and which containers run: what klee says, beside the model. */
import { addressOf, networkOf, takenNumbers } from '../../model/state.ts';
import type { Container, Model } from '../../model/state.ts';
import { FAMILIES, numberIn, subnetOf } from '../../model/subnets.ts';
import type { World } from '../../world/world.ts';

interface EndpointView {
  readonly network_name: string;
  readonly ip_address: string;
  readonly ip_address6: string;
}

interface InspectView {
  readonly container: { readonly name: string; readonly state: string };
  readonly container_endpoints: readonly EndpointView[];
}

/** What klee says of the containers that the model has, or why it does not. */
async function inspect(world: World, model: Model): Promise<readonly InspectView[] | string> {
  const names = [...model.containers.keys()];
  if (names.length === 0) return [];
  const { stdout, stderr } = await world.klee(['container', 'inspect', ...names]);
  if (stdout === '') return stderr;
  return [JSON.parse(stdout) as InspectView | readonly InspectView[]].flat();
}

/** What differs, or nothing. */
export async function compareAddresses(world: World, model: Model): Promise<string | undefined> {
  const views = await inspect(world, model);
  if (typeof views === 'string') return views;
  const must = sorted(
    [...model.containers.values()].map((one) => ({
      name: one.name,
      runs: one.running,
      endpoints: one.endpoints.map((endpoint) =>
        [
          endpoint.network,
          ...FAMILIES.map((family) => addressOf(model, endpoint, family) ?? ''),
        ].join(' '),
      ),
    })),
  );
  const is = sorted(
    views.map(({ container, container_endpoints: endpoints }) => ({
      name: container.name,
      runs: container.state === 'running',
      endpoints: endpoints.map((one) =>
        [one.network_name, one.ip_address, one.ip_address6].join(' '),
      ),
    })),
  );
  return must === is ? undefined : `expected\n${must}\nfound\n${is}`;
}

function sorted(
  containers: readonly { name: string; runs: boolean; endpoints: readonly string[] }[],
): string {
  return containers
    .map(
      ({ name, runs, endpoints }) =>
        `${name} ${runs ? 'runs' : 'does not run'}: ${endpoints.toSorted().join(', ')}`,
    )
    .toSorted()
    .join('\n');
}

/** Takes over the addresses that klee chose, as far as it may have: after a choice that was given back, others come next. */
export async function adoptAddresses(world: World, model: Model): Promise<void> {
  const views = await inspect(world, model);
  if (typeof views === 'string') return;
  for (const { container, container_endpoints: endpoints } of views) {
    const known = model.containers.get(container.name);
    if (known !== undefined) for (const view of endpoints) adopt(model, known, view);
  }
}

function adopt(model: Model, container: Container, view: EndpointView): void {
  const index = container.endpoints.findIndex((one) => one.network === view.network_name);
  const endpoint = container.endpoints[index];
  if (endpoint === undefined) return;
  const network = networkOf(model, endpoint.network);
  const numbers = { ...endpoint.numbers };
  for (const family of network.families) {
    const subnet = subnetOf(network.subnet, family);
    const number = numberIn(subnet, family === 'ipv4' ? view.ip_address : view.ip_address6);
    const isFree = number !== undefined && !takenNumbers(model, network, family).has(number);
    if (!isFree || number < subnet.low || number > subnet.high) continue;
    numbers[family] = number;
    network.last[family] = number;
  }
  container.endpoints[index] = { ...endpoint, numbers };
}
