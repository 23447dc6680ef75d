import { API_VERSION, definePlugin } from '../driver.ts';
import type { NetworkDriver, Stack } from '../driver.ts';
import type { PluginSource } from '../plugin.ts';

/** The drivers `host` (the host's own network) and `disabled` (none): they connect to no network. */
export const BUILTIN_PLUGIN: PluginSource = {
  name: '@kleenet/core',
  version: 'built in',
  apiVersion: API_VERSION,
  drivers: [
    {
      name: 'host',
      description: "Shares the host's network, without any separation.",
      platforms: ['freebsd', 'linux', 'memory'],
    },
    {
      name: 'disabled',
      description: 'Has no network at all.',
      platforms: ['freebsd', 'linux', 'memory'],
    },
  ],
  load: () =>
    Promise.resolve(
      definePlugin({
        name: '@kleenet/core',
        apiVersion: API_VERSION,
        register(registrar) {
          registrar.register(unconnected('host', 'host'));
          registrar.register(unconnected('disabled', 'none'));
        },
      }),
    ),
};

function unconnected(name: string, stack: Stack): NetworkDriver {
  return Object.freeze({
    name,
    capabilities: Object.freeze({
      stack,
      networkTypes: [],
      families: [],
      connectWhileRunning: false,
      disconnectWhileRunning: false,
      publishPorts: false,
      mac: false,
      gateway: false,
    }),
    dataPlanes: {},
    options: {},
    validateEndpoint: () => [],
  });
}
