import { KleenetError } from '../../errors.ts';
import { CLAIM_FORMAT } from '../../model.ts';
import type {
  Claim,
  Container,
  Endpoint,
  HostIdentity,
  Image,
  Network,
  Owner,
  Resource,
} from '../../model.ts';
import { newId } from '../../names.ts';
import { resourceName, survivesReboot } from '../../resource.ts';
import type { NetworkOperation, Operation } from '../../driver.ts';
import type { Transaction } from '../../store.ts';
import type { Engine } from '../context.ts';

/** The owner of a network's claims. */
export function networkOwner({ id }: Network): Owner {
  return { kind: 'network', id };
}

/** The owner of the claims of a container's sandbox and storage. */
export function containerOwner({ id }: Container): Owner {
  return { kind: 'container', id };
}

/** The owner of an endpoint's resources on the host. */
export function endpointOwner({ id }: Endpoint): Owner {
  return { kind: 'endpoint', id };
}

/** The owner of an image's claims. */
export function imageOwner({ id }: Image): Owner {
  return { kind: 'image', id };
}

/** Claims for resources that an owner is about to make. */
function makeClaims(
  owner: Owner,
  resources: readonly Resource[],
  identity: HostIdentity,
  driver: string | undefined,
): Claim[] {
  return resources.map((resource) => ({
    id: newId(),
    owner,
    resource,
    ...(driver === undefined ? {} : { driver }),
    host: identity,
    format: CLAIM_FORMAT,
  }));
}

/**
 * Records missing claims: a repeated operation claims the same resources.
 *
 * @param driver - of a network's claims: the driver that makes the resources
 */
export function insertClaims(
  tx: Transaction,
  owner: Owner,
  resources: readonly Resource[],
  identity: HostIdentity,
  driver?: string,
): void {
  const known = new Set(tx.claims.byOwner(owner).map(({ resource }) => resourceName(resource)));
  const missing = resources.filter((resource) => !known.has(resourceName(resource)));
  for (const claim of makeClaims(owner, missing, identity, driver)) tx.claims.insert(claim);
}

/**
 * Claimed resources that may still exist on this host. Kernel resources of an earlier boot are gone.
 * @throws KleenetError STATE_FOREIGN for another host's claims, STATE_NEWER for a format of the future
 */
export function liveResources(
  claims: readonly Claim[],
  identity: HostIdentity,
): readonly Resource[] {
  for (const claim of claims) requireOurs(claim, identity);
  return claims
    .filter((claim) => claim.host.bootId === identity.bootId || survivesReboot(claim.resource))
    .map(({ resource }) => resource);
}

function requireOurs(claim: Claim, identity: HostIdentity): void {
  if (claim.format > CLAIM_FORMAT) {
    throw new KleenetError(
      'STATE_NEWER',
      `the record of ${resourceName(claim.resource)} was written by a newer klee`,
      {
        hint: 'use that version, or a later one',
      },
    );
  }
  const same =
    claim.host.platform === identity.platform &&
    claim.host.hostId === identity.hostId &&
    JSON.stringify(claim.host.commandPrefix) === JSON.stringify(identity.commandPrefix);
  if (same) return;
  throw new KleenetError(
    'STATE_FOREIGN',
    `${resourceName(claim.resource)} was made on another host (${whereabouts(claim.host)})`,
    {
      hint: 'run klee with the platform and command prefix that made it, or use another --root',
      details: { recorded: claim.host, current: identity },
    },
  );
}

function whereabouts({ platform, hostId, commandPrefix }: HostIdentity): string {
  return [platform, hostId, ...(commandPrefix.length > 0 ? [commandPrefix.join(' ')] : [])].join(
    ', ',
  );
}

/** Passed to an operation on the host: the signal, and a function to claim unplanned resources. */
export function operationFor(
  engine: Engine,
  owner: Owner,
  signal: AbortSignal = engine.signal,
): Operation {
  return {
    signal,
    async claim(resource) {
      const identity = await engine.platform.identity();
      await engine.store.write((tx) => {
        insertClaims(tx, owner, [resource], identity);
      });
    },
  };
}

/** For the driver of a network: its claims, and a function to claim unplanned resources. */
export async function networkOperationFor(
  engine: Engine,
  network: Network,
): Promise<Pick<NetworkOperation, 'claim' | 'claims'>> {
  const owner = networkOwner(network);
  const identity = await engine.platform.identity();
  const recorded = await engine.store.read((snapshot) => snapshot.claims.byOwner(owner));
  return {
    claims: Object.freeze([...liveResources(ofDriver(recorded), identity)]),
    async claim(resource) {
      await engine.store.write((tx) => {
        insertClaims(tx, owner, [resource], identity, network.driver);
      });
    },
  };
}

/** The claims of a network that its driver made. */
function ofDriver(claims: readonly Claim[]): readonly Claim[] {
  return claims.filter(({ driver }) => driver !== undefined);
}

/** The others. */
export function ofKlee(claims: readonly Claim[]): readonly Claim[] {
  return claims.filter(({ driver }) => driver === undefined);
}

/** For clean-up, which the user's interrupt does not stop. */
export function cleanupFor(engine: Engine, owner: Owner): Operation {
  return operationFor(engine, owner, new AbortController().signal);
}

/** For clean-up without an owning object, such as the firewall as a whole: it makes no claims. */
export function ownerless(): Operation {
  return {
    signal: new AbortController().signal,
    claim: (resource) =>
      Promise.reject(new TypeError(`${resourceName(resource)} was claimed without an object`)),
  };
}
