/** An endpoint of a container with a stack of its own, on a network of both families. */
import {
  buildAttachTarget,
  buildContainer,
  buildEndpoint,
  buildNetwork,
} from '@kleenet/core/testing';
import type { NetworkParts } from '@kleenet/core/testing';
import type { AttachTarget } from '@kleenet/core/driver';

const container = buildContainer({ name: 'c', driver: 'vnet', stack: 'own' });

export function target(parts: NetworkParts = {}): AttachTarget {
  const network = buildNetwork({
    name: 'n',
    subnet: '10.1.0.0/24',
    subnet6: 'fd01::/64',
    ...parts,
  });
  return buildAttachTarget({
    network,
    container,
    endpoint: buildEndpoint({ network, container }),
  });
}
