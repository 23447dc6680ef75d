import { tryAll } from '../kit/index.ts';
import type { Resource } from '../model.ts';
import { removeAddress, removeInterface } from './kernel.ts';
import { knownResource } from '../resource.ts';
import { at } from './state.ts';
import type { SimulatedState } from './state.ts';
import type { Steps } from './steps.ts';

/** Removes claimed resources of the simulated data planes; a resource without an owner is not ours. */
export async function removeResources(
  steps: Steps,
  resources: readonly Resource[],
  signal: AbortSignal,
): Promise<readonly Resource[]> {
  const unmarked = await steps.look(({ interfaces }) =>
    resources.filter(
      ({ kind, name }) => kind === 'interface' && interfaces[at('', name)]?.owner === '',
    ),
  );
  const removals = resources.map((resource) =>
    unmarked.includes(resource) ? undefined : removalOf(resource),
  );
  await tryAll(
    removals.flatMap((removal) =>
      removal === undefined ? [] : () => steps.take(removal.step, signal, removal.change),
    ),
  );
  return resources.filter((_, index) => removals[index] === undefined);
}

interface Removal {
  readonly step: string;
  readonly change: (state: SimulatedState) => void;
}

/** How a resource is removed by its kind; undefined for what data planes of this host do not make. */
function removalOf(resource: Resource): Removal | undefined {
  const known = knownResource(resource);
  switch (known?.kind) {
    case 'interface':
      return {
        step: `remove interface ${known.name}`,
        change: (state) => {
          const key = at('', known.name);
          removeInterface(state, key, state.interfaces[key]?.owner ?? '');
        },
      };
    case 'address':
      return {
        step: `remove address ${known.name} from ${known.interface}`,
        change: (state) => removeAddress(state, '', known.interface, known.name),
      };
    case 'route':
    case 'neighbour':
    case 'namespace':
    case 'jail':
    case 'sandbox':
    case 'mount':
    case 'directory':
    case 'sysctl':
    case undefined:
      return undefined;
  }
}
