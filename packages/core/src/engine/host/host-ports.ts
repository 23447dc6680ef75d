/** Published ports compared with the host's own interfaces and listening programs. */
import { FAMILIES } from '../../address/types.ts';
import type { Family } from '../../address/types.ts';
import { KleenetError } from '../../errors.ts';
import type { Network, PublishedPort } from '../../model.ts';
import type { HostListener, HostNetwork } from '../../platform.ts';
import type { Engine } from '../context.ts';

/**
 * Refuses to publish on a missing interface, or to take a port over from a program of the host. Checked when the ports
 * are about to be opened, because the host may have changed since the container was created.
 * @throws KleenetError INTERFACE_NOT_FOUND, PORT_IN_USE
 */
export async function requireHostPorts(
  engine: Engine,
  ports: readonly PublishedPort[],
  networks: readonly Network[],
): Promise<void> {
  const families = FAMILIES.filter((family) =>
    networks.some(({ internal, pools }) => !internal && pools[family] !== undefined),
  );
  if (ports.length === 0 || families.length === 0) return;
  const [hostNetwork, listeners] = await Promise.all([
    engine.platform.network(),
    engine.platform.listeners(),
  ]);
  requirePublishInterfaces(ports, hostNetwork);
  for (const port of ports) {
    const listener = listeners.find((candidate) => isTaken(port, families, candidate, hostNetwork));
    if (listener !== undefined) throw inUse(port, listener);
  }
}

/** @throws KleenetError INTERFACE_NOT_FOUND */
export function requirePublishInterfaces(
  ports: readonly PublishedPort[],
  { interfaces }: Pick<HostNetwork, 'interfaces'>,
): void {
  for (const { interface: name } of ports) {
    if (name === undefined || interfaces.includes(name)) continue;
    throw new KleenetError('INTERFACE_NOT_FOUND', `the host has no interface named ${name}`, {
      hint: 'publish on an interface that exists, or on all: --publish HOST[:CONTAINER]',
      details: { interface: name },
    });
  }
}

/**
 * Whether packets for the listener would go to the container. For a port published on one interface, this holds for
 * that interface's addresses.
 */
function isTaken(
  port: PublishedPort,
  families: readonly Family[],
  listener: HostListener,
  hostNetwork: HostNetwork,
): boolean {
  const [first, last] = port.hostPorts;
  const same =
    listener.protocol === port.protocol &&
    listener.port >= first &&
    listener.port <= last &&
    listener.families.some((family) => families.includes(family));
  if (!same || port.interface === undefined) return same;
  if (listener.interface !== undefined && listener.interface !== port.interface) return false;
  return (
    listener.address === undefined ||
    hostNetwork.addresses.some(
      (held) => held.interface === port.interface && held.address === listener.address,
    )
  );
}

function inUse({ protocol }: PublishedPort, listener: HostListener): KleenetError {
  const { port, address, process } = listener;
  const place = address === undefined ? '' : ` at ${address}`;
  return new KleenetError(
    'PORT_IN_USE',
    `port ${port}/${protocol} of the host is in use${place} by ${process ?? 'a program of the host'}`,
    {
      hint: 'publish another port of the host, or stop the program that listens there',
      details: {
        port,
        protocol,
        ...(address === undefined ? {} : { address }),
        ...(process === undefined ? {} : { process }),
      },
    },
  );
}
