import { KleenetError } from '../../errors.ts';
import type { Container, Endpoint, Image, Network, Run } from '../../model.ts';
import { quote } from '../../quote.ts';
import type { NamedReadTable, Snapshot } from '../../store.ts';

/** The network of this name, id or unique id prefix. @throws KleenetError NETWORK_NOT_FOUND, ID_AMBIGUOUS */
export function resolveNetwork(snapshot: Snapshot, reference: string): Network {
  return resolve(snapshot.networks, 'network', reference);
}

/** The container of this name, id or unique id prefix. @throws KleenetError CONTAINER_NOT_FOUND, ID_AMBIGUOUS */
export function resolveContainer(snapshot: Snapshot, reference: string): Container {
  return resolve(snapshot.containers, 'container', reference);
}

/** The image of this name, id or unique id prefix. @throws KleenetError IMAGE_NOT_FOUND, ID_AMBIGUOUS */
export function resolveImage(snapshot: Snapshot, reference: string): Image {
  return resolve(snapshot.images, 'image', reference);
}

/** The endpoint's network; a foreign key of the database guarantees that it exists. */
export function networkOf(snapshot: Snapshot, endpoint: Endpoint): Network {
  const network = snapshot.networks.get(endpoint.networkId);
  if (network === undefined) throw new TypeError(`endpoint ${endpoint.id} has no network`);
  return network;
}

type Kind = 'network' | 'container' | 'image';

/** For an object that was found, but is gone now that its lock is held. */
export function vanished(kind: Kind, reference: string): KleenetError {
  return new KleenetError(
    NOT_FOUND[kind],
    `${kind} ${quote(reference)} not found: it has just been removed`,
    {
      hint: `'${LISTED_WITH[kind]}' lists them`,
      details: { [kind]: reference },
    },
  );
}

const NOT_FOUND = {
  network: 'NETWORK_NOT_FOUND',
  container: 'CONTAINER_NOT_FOUND',
  image: 'IMAGE_NOT_FOUND',
} as const;

const LISTED_WITH: Readonly<Record<Kind, string>> = {
  network: 'klee network ls',
  container: 'klee container ls -a',
  image: 'klee image ls',
};

const ID_PREFIX = /^[0-9a-f]{1,12}$/;

function resolve<T extends { readonly id: string }>(
  table: NamedReadTable<T>,
  kind: Kind,
  reference: string,
): T {
  // Ids take precedence: an earlier version accepted names that are the id of another object.
  const exact =
    (ID_PREFIX.test(reference) ? table.get(reference) : undefined) ?? table.byName(reference);
  if (exact !== undefined) return exact;
  const [first, second] = ID_PREFIX.test(reference) ? table.byIdPrefix(reference) : [];
  if (first === undefined) {
    throw new KleenetError(NOT_FOUND[kind], `${kind} ${quote(reference)} not found`, {
      hint: `'${LISTED_WITH[kind]}' lists them`,
      details: { [kind]: reference },
    });
  }
  if (second === undefined) return first;
  throw new KleenetError(
    'ID_AMBIGUOUS',
    `more than one ${kind} has an id that starts with ${quote(reference)}`,
    {
      hint: 'give more digits of the id, or the name',
      details: { [kind]: reference },
    },
  );
}

/** The container's run, unless it has ended or never began. */
export function currentRun(snapshot: Snapshot, containerId: string): Run | undefined {
  const run = snapshot.runs.byContainer(containerId);
  return run === undefined || run.state === 'ended' ? undefined : run;
}
