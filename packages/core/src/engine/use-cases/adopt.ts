import type { Claim, HostIdentity, Run } from '../../model.ts';
import type { SandboxPlatform } from '../../platform.ts';
import { survivesReboot } from '../../resource.ts';
import type { Engine } from '../context.ts';

/**
 * Rebinds the claims of a state directory to its present place: files have moved along, and kernel resources of another
 * host do not exist here.
 */
export async function adoptClaims(engine: Engine, from: string, to: string): Promise<void> {
  const identity = await engine.platform.identity();
  await engine.store.write((tx) => {
    for (const claim of tx.claims.list()) {
      const adopted = adopt(claim, identity, from, to);
      if (adopted === claim) continue;
      tx.claims.remove(claim.id);
      if (adopted !== undefined) tx.claims.insert(adopted);
    }
  });
}

function adopt(claim: Claim, identity: HostIdentity, from: string, to: string): Claim | undefined {
  const { resource } = claim;
  if (!survivesReboot(resource)) return claim.host.hostId === identity.hostId ? claim : undefined;
  const name = resource.name.startsWith(`${from}/`)
    ? `${to}${resource.name.slice(from.length)}`
    : resource.name;
  return { ...claim, host: identity, resource: { ...resource, name } };
}

/** The directory that the claims record for their files; undefined when there are none, or it is `directory`. */
export async function claimedElsewhere(
  engine: Pick<Engine, 'store'>,
  directory: string,
): Promise<string | undefined> {
  const claims = await engine.store.read((snapshot) => snapshot.claims.list());
  for (const { resource } of claims) {
    const [, root] =
      resource.kind === 'directory'
        ? (/^(.*)\/(?:containers|images)\//.exec(resource.name) ?? [])
        : [];
    if (root !== undefined && root !== directory) return root;
  }
  return undefined;
}

/** The names of the containers whose command runs, as seen from another state directory. */
export async function runningIn(
  engine: Pick<Engine, 'store'>,
  sandboxes: SandboxPlatform,
): Promise<readonly string[]> {
  const specs = await engine.store.read((snapshot) =>
    snapshot.containers.list().flatMap((container) => {
      const run: Run | undefined = snapshot.runs.byContainer(container.id);
      return run === undefined || run.state === 'ended' ? [] : [{ container, run }];
    }),
  );
  const states = await sandboxes.states(specs);
  return specs.flatMap(({ container }, index) =>
    states[index] === 'running' ? [container.name] : [],
  );
}
