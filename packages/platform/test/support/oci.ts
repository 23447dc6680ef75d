/** The OCI configuration of a container, for tests. */
import type { Container, Stack } from '@kleenet/core';
import { ociConfig } from '../../src/linux/oci-config.ts';
import type { OciConfig, OciConfigRequest } from '../../src/linux/oci-config.ts';
import { describeSandbox } from '../../src/linux/sandbox-plan.ts';

function container(stack: Stack, changes: Partial<Container> = {}): Container {
  return {
    id: '0123456789ab',
    name: 'web',
    image: 'host',
    imageId: 'host',
    command: [],
    driver: 'x',
    stack,
    state: 'ready',
    env: [],
    user: '',
    mounts: [],
    jailParameters: [],
    publishedPorts: [],
    restart: 'no',
    terminal: false,
    interactive: false,
    autoRemove: false,
    created: '2026-01-01T00:00:00.000Z',
    ...changes,
  };
}

export function config(
  stack: Stack,
  changes: Partial<Container> = {},
  request: Partial<OciConfigRequest> = {},
): OciConfig {
  const made = container(stack, changes);
  return ociConfig({
    container: made,
    runId: 'run',
    sandbox: describeSandbox(made),
    rootfs: '/data/rootfs',
    user: { uid: 0, gid: 0, additionalGids: [], home: '/root' },
    window: undefined,
    startedHook: { path: '/bin/sh', args: [] },
    files: [],
    hostImage: undefined,
    architecture: 'x64',
    ...request,
  });
}
