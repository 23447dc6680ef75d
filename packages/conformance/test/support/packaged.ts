/** What comes with a driver: its plugin and its package.json. */
import { API_VERSION, definePlugin } from '@kleenet/core/driver';
import type { Capabilities, Plugin } from '@kleenet/core/driver';
import { reference } from './reference.ts';

export function pluginOf(capabilities: Capabilities, parts: Partial<Plugin> = {}): Plugin {
  return definePlugin({
    name: 'driver-reference',
    apiVersion: API_VERSION,
    register: (registrar) => registrar.register(reference(capabilities)),
    ...parts,
  });
}

/** @param entry - members of the driver's entry */
export function packageOf(entry: object = {}, apiVersion: number = API_VERSION): object {
  const driver = { name: 'reference', description: 'It refers.', platforms: ['memory'], ...entry };
  return {
    kleenet: { plugin: './dist/index.js', apiVersion, drivers: [driver] },
    peerDependencies: { '@kleenet/core': '0.x' },
  };
}
