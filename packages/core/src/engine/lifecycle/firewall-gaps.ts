import type { PlaneStatus } from '../../driver.ts';
import type { Container, HostIdentity, Network } from '../../model.ts';
import type { Snapshot } from '../../store.ts';
import { ailment, networkNeedsFirewall } from '../host/firewall.ts';
import { isInUse } from './network-up.ts';

/** An object whose properties depend on the missing firewall. */
export interface FirewallGap {
  readonly object: Network | Container;
  /** One sentence. */
  readonly message: string;
}

/** Objects in use that need a firewall that does not work. */
export function firewallGaps(
  snapshot: Snapshot,
  identity: HostIdentity,
  { state, reasons }: PlaneStatus,
): readonly FirewallGap[] {
  if (state === 'ready') return [];
  const why = `the firewall ${ailment(state)} here: ${reasons.join('; ')}`;
  const networks = snapshot.networks
    .list()
    .filter((network) => networkNeedsFirewall(network) && isInUse(snapshot, network, identity))
    .map((network) => ({
      object: network,
      message: `the network ${network.internal ? 'is internal' : 'has no icc'}, but ${why}`,
    }));
  const containers = snapshot.containers
    .list()
    .filter(({ id, publishedPorts }) => {
      const run = snapshot.runs.byContainer(id);
      const runs = run?.state === 'running' && run.bootId === identity.bootId;
      return state === 'unavailable' && runs && publishedPorts.length > 0;
    })
    .map((container) => ({
      object: container,
      message: `the container publishes ports, but ${why}`,
    }));
  return [...networks, ...containers];
}
