/** The names and resources of a sandbox on the host. Pure. */
import type { Container, KnownResource, Sandbox, SandboxSpec } from '@kleenet/core';
import type { Layout } from './layout.ts';
import { jailName } from './names.ts';
import { plainPath } from './root-fs.ts';

/** The sandbox of a container is the same in all its runs: they never overlap. */
export function describeSandbox({ id, stack }: Container): Sandbox {
  return { name: jailName(id), stack };
}

/** The resources of `createSandbox`, in order. */
export function planSandbox(
  layout: Layout,
  { container, run }: SandboxSpec,
): readonly KnownResource[] {
  const { rootfs } = layout.container(container.id);
  return [
    { kind: 'directory' as const, name: layout.run(container.id, run.id).directory },
    ...mountTargets(container).map((target) => ({
      kind: 'mount' as const,
      name: `${rootfs}${target}`,
    })),
    { kind: 'jail' as const, name: jailName(container.id) },
  ];
}

/** The paths in a container where something is mounted, as mount(8) shows them. */
export function mountTargets({ mounts }: Container): readonly string[] {
  return ['/dev', ...mounts.map(({ target }) => plainPath(target))];
}
