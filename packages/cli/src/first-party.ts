/** The built-in plugins: klee's own dependencies. Their manifests are part of the program. */
import type { PluginSource } from '@kleenet/core';
import ipnet from '@kleenet/driver-ipnet/package.json' with { type: 'json' };
import vnet from '@kleenet/driver-vnet/package.json' with { type: 'json' };

/** In order of precedence. */
export const FIRST_PARTY: readonly PluginSource[] = [
  source(ipnet, async () => (await import('@kleenet/driver-ipnet')).default),
  source(vnet, async () => (await import('@kleenet/driver-vnet')).default),
];

function source(
  { name, version, kleenet }: typeof ipnet,
  load: () => Promise<unknown>,
): PluginSource {
  return { name, version, apiVersion: kleenet.apiVersion, drivers: kleenet.drivers, load };
}
