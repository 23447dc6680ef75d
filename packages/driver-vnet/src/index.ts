import { API_VERSION, definePlugin } from '@kleenet/core/driver';
import type { Plugin } from '@kleenet/core/driver';
import { vnet } from './driver.ts';

/** The plugin that registers the driver `vnet`. */
const plugin: Plugin = definePlugin({
  name: '@kleenet/driver-vnet',
  apiVersion: API_VERSION,
  register(registrar) {
    registrar.register(vnet);
  },
});

export default plugin;
export { vnet } from './driver.ts';
