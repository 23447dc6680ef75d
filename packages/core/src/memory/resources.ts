import { tryAll } from '../kit/index.ts';
import type { Resource } from '../model.ts';
import { removeAddress, removeInterface } from './kernel.ts';
import { at } from './state.ts';
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
  const ours = resources.filter((resource) => isKnown(resource) && !unmarked.includes(resource));
  await tryAll(ours.map((resource) => () => remove(steps, resource, signal)));
  return resources.filter((resource) => !ours.includes(resource));
}

function isKnown({ kind, interface: on }: Resource): boolean {
  return kind === 'interface' || (kind === 'address' && on !== undefined);
}

function remove(
  steps: Steps,
  { kind, name, interface: on = '' }: Resource,
  signal: AbortSignal,
): Promise<void> {
  if (kind === 'address') {
    return steps.take(`remove address ${name} from ${on}`, signal, (state) =>
      removeAddress(state, '', on, name),
    );
  }
  return steps.take(`remove interface ${name}`, signal, (state) => {
    const key = at('', name);
    removeInterface(state, key, state.interfaces[key]?.owner ?? '');
  });
}
