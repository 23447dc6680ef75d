/** A modelled FreeBSD host with a container's jail, and the driver on it: tests of effects look at what is there. */
import assert from 'node:assert/strict';
import type { AttachTarget, Operation, Resource, SiblingEndpoint } from '@kleenet/core/driver';
import {
  SILENT_LOGGER,
  buildAttachTarget,
  buildContainer,
  buildEndpoint,
  buildNetwork,
} from '@kleenet/core/testing';
import type { EndpointParts, NetworkParts } from '@kleenet/core/testing';
import { createFreebsdHost } from '@kleenet/freebsd-model';
import type { FreebsdHost } from '@kleenet/freebsd-model';
import { FreebsdVnet } from '../../src/freebsd.ts';
import { keepingClaims } from '../../../core/test/support/operations.ts';

const CONTAINER = buildContainer({ driver: 'vnet', stack: 'own' });
const JAIL = `klee-${CONTAINER.id}`;

/** An endpoint of the container on a network of its own. */
export function link(
  network: NetworkParts,
  endpoint: Partial<EndpointParts> = {},
): SiblingEndpoint {
  const built = buildNetwork(network);
  return {
    network: built,
    endpoint: buildEndpoint({ network: built, container: CONTAINER, ...endpoint }),
    attached: true,
  };
}

export function targetOf(
  { network, endpoint }: SiblingEndpoint,
  siblings: readonly SiblingEndpoint[] = [],
  claims: readonly Resource[] = [],
): AttachTarget {
  return buildAttachTarget({ network, container: CONTAINER, endpoint, siblings, claims });
}

export interface World {
  readonly host: FreebsdHost;
  readonly plane: FreebsdVnet;
  readonly operation: Operation;
  readonly claims: readonly Resource[];
  /** Runs a command line as the host's administrator; it has to succeed. */
  readonly run: (line: string) => string;
  /** The same in the jail. */
  readonly inside: (line: string) => string;
  /** The gateways of the jail's default routes: IPv4, then IPv6. */
  readonly gateways: () => readonly (string | undefined)[];
}

/** A host with the bridges of these links and the container's jail. */
export function worldOf(release: string, ...links: readonly SiblingEndpoint[]): World {
  const host = createFreebsdHost({ release });
  const run = (line: string): string => {
    const { status, stdout, stderr } = host.run(line.split(' '));
    assert.equal(status, 0, `${line}: ${stderr}`);
    return stdout;
  };
  for (const { network } of links) {
    run(
      `ifconfig bridge create group klee description kleenet:network:${network.id} name ${network.interface}`,
    );
    run(`ifconfig ${network.interface} up`);
  }
  run(`jail -c name=${JAIL} path=/ vnet persist`);
  const gateway = (family: string): string | undefined => {
    const { stdout } = host.run(['jexec', JAIL, 'route', '-n', 'get', family, 'default']);
    return /gateway: (\S+)/.exec(stdout)?.[1];
  };
  const { operation, claims } = keepingClaims();
  return {
    host,
    plane: new FreebsdVnet({ commands: host.commands, clock: host.clock, logger: SILENT_LOGGER }),
    operation,
    claims,
    run,
    inside: (line) => run(`jexec ${JAIL} ${line}`),
    gateways: () => [gateway('-inet'), gateway('-inet6')],
  };
}

/** The names of the host's interfaces that bear the mark of an endpoint. */
export function marked({ run }: World, { endpoint }: SiblingEndpoint): readonly string[] {
  const names = run('ifconfig -l').trim().split(' ');
  return names.filter((name) =>
    run(`ifconfig ${name}`).includes(`description: kleenet:endpoint:${endpoint.id}\n`),
  );
}
