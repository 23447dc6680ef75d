/** The names and resources of a sandbox on the host, and its network stack as commands of ip(8). Pure. */
import type { Container, KnownResource, Sandbox, SandboxSpec } from '@kleenet/core';
import { LINK_GROUP, linkAlias } from '@kleenet/core/linux';
import { HOST_IMAGE } from '../container/layout.ts';
import type { Layout } from './layout.ts';
import { containerInterface, macFor, sandboxName } from './names.ts';

/** The next hops of a routed link: dummy addresses with the host's MAC address. */
export const NEXT_HOPS = { ipv4: '169.254.1.1', ipv6: 'fe80::1' } as const;

/** The name of the routed link inside. */
const INSIDE = 'eth0';

/** The sandbox of a container is the same in all its runs: they never overlap. */
export function describeSandbox({ id, stack }: Container): Sandbox {
  if (stack === 'host') return { name: '', stack };
  const name = sandboxName(id);
  if (stack !== 'restricted') return { name, stack };
  return {
    name,
    stack,
    link: {
      hostInterface: containerInterface(id),
      interface: INSIDE,
      hostMac: macFor('hostEnd', id),
      mac: macFor('containerEnd', id),
    },
  };
}

/** The resources of `createSandbox`, in order. */
export function planSandbox(
  layout: Layout,
  { container, run }: SandboxSpec,
): readonly KnownResource[] {
  const { rootfs, scratch } = layout.container(container.id);
  const mounts = container.imageId === HOST_IMAGE ? [rootfs, scratch] : [rootfs];
  return [
    ...networkResources(run.sandbox),
    ...mounts.map((name) => ({ kind: 'mount' as const, name })),
    { kind: 'directory' as const, name: layout.run(container.id, run.id).bundle },
  ];
}

function networkResources({ name, link }: Sandbox): readonly KnownResource[] {
  return [
    ...(name === '' ? [] : [{ kind: 'namespace' as const, name }]),
    ...(link === undefined ? [] : [{ kind: 'interface' as const, name: link.hostInterface }]),
  ];
}

/** The lines to run on the host. */
export function createOutside(sandbox: Sandbox, containerId: string): readonly string[] {
  const { name } = sandbox;
  return name === '' ? [] : [`netns add ${name}`, ...linkOutside(sandbox, containerId)];
}

/** Those of them that make the routed link. */
export function linkOutside({ name, link }: Sandbox, containerId: string): readonly string[] {
  if (link === undefined) return [];
  const { hostInterface: host, interface: inside, hostMac, mac } = link;
  return [
    `link add name ${host} address ${hostMac} group ${LINK_GROUP} type veth peer name ${inside} address ${mac} netns ${name}`,
    // Without its own addresses the link can only be routed to.
    `link set dev ${host} alias ${linkAlias('container', containerId)} addrgenmode none up`,
  ];
}

/** The lines to run inside, after the others. */
export function createInside({ name, link }: Sandbox): readonly string[] {
  if (name === '') return [];
  if (link === undefined) return ['link set dev lo up'];
  return ['link set dev lo up', `link set dev ${link.interface} addrgenmode none up`];
}

/** The lines that remove it: the link by name, because the kernel frees a namespace some time after its removal. */
export function removeOutside({ name, link }: Sandbox): readonly string[] {
  return [
    ...(link === undefined ? [] : [`link delete dev ${link.hostInterface}`]),
    ...(name === '' ? [] : [`netns delete ${name}`]),
  ];
}
