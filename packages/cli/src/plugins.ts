/** The plugins that klee knows. Manifests are enough to list them; code is loaded when a driver is used. */
import type { Plugin, PluginSource } from '@kleenet/core';
import ipnet from '@kleenet/driver-ipnet/package.json' with { type: 'json' };
import vnet from '@kleenet/driver-vnet/package.json' with { type: 'json' };

/** In order of precedence. */
export function listPlugins(): readonly PluginSource[] {
  return [
    source(ipnet, async () => (await import('@kleenet/driver-ipnet')).default),
    source(vnet, async () => (await import('@kleenet/driver-vnet')).default),
  ];
}

function source(
  { name, version, kleenet }: typeof ipnet,
  load: () => Promise<Plugin>,
): PluginSource {
  return { name, version, apiVersion: kleenet.apiVersion, drivers: kleenet.drivers, load };
}
