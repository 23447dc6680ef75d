import { KleenetError } from '../../errors.ts';
import type { Container, PublishedPort } from '../../model.ts';
import type { Snapshot } from '../../store.ts';
import type { ContainerSpec } from '../requests/container-spec.ts';

/** Refuses ports that another container publishes, or the same container twice. @throws KleenetError PORT_IN_USE */
export function requireFreePorts(snapshot: Snapshot, spec: ContainerSpec): void {
  if (spec.publishedPorts.length === 0) return;
  const others = snapshot.containers
    .list()
    .filter(({ publishedPorts }) => publishedPorts.length > 0);
  for (const [index, port] of spec.publishedPorts.entries()) {
    if (spec.publishedPorts.slice(0, index).some((earlier) => collide(earlier, port))) {
      throw taken(port, 'the same container', spec.name);
    }
    const holder = others.find((other) => publishes(other, port));
    if (holder !== undefined) throw taken(port, `container '${holder.name}'`, holder.name);
  }
}

function publishes(container: Container, port: PublishedPort): boolean {
  return container.publishedPorts.some((other) => collide(other, port));
}

function collide(a: PublishedPort, b: PublishedPort): boolean {
  const sameInterface =
    a.interface === undefined || b.interface === undefined || a.interface === b.interface;
  const overlap = a.hostPorts[0] <= b.hostPorts[1] && b.hostPorts[0] <= a.hostPorts[1];
  return sameInterface && overlap && a.protocol === b.protocol;
}

function taken(
  { hostPorts, protocol }: PublishedPort,
  by: string,
  container: string,
): KleenetError {
  const [first, last] = hostPorts;
  const range = first === last ? `port ${first}` : `ports ${first} to ${last}`;
  return new KleenetError('PORT_IN_USE', `${range}/${protocol} of the host is published by ${by}`, {
    hint: 'publish another port of the host',
    details: { hostPorts, protocol, container },
  });
}
