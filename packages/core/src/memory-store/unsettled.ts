import type { Owner } from '../model.ts';
import type { Snapshot } from '../store.ts';

/** See `Snapshot.unsettled`. */
export function unsettledOf(tables: Omit<Snapshot, 'unsettled'>): readonly Owner[] {
  const { networks, containers, images, endpoints, runs } = tables;
  const changing = runs.list().filter(({ state }) => state === 'starting' || state === 'stopping');
  const busy = new Set(changing.map(({ containerId }) => containerId));
  return [
    ...owners('network', networks.list(), ({ state }) => state !== 'ready'),
    ...owners('container', containers.list(), ({ id, state }) => state !== 'ready' || busy.has(id)),
    ...owners('endpoint', endpoints.list(), ({ state }) => state !== 'connected'),
    ...owners('image', images.list(), ({ state }) => state !== 'ready'),
  ];
}

function owners<T extends { readonly id: string }>(
  kind: Owner['kind'],
  objects: readonly T[],
  isUnsettled: (object: T) => boolean,
): readonly Owner[] {
  return objects.filter(isUnsettled).map(({ id }) => ({ kind, id }));
}
