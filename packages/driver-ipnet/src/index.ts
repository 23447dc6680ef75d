import { API_VERSION, definePlugin } from '@kleenet/core/driver';
import type { Plugin } from '@kleenet/core/driver';
import { ipnet } from './driver.ts';

/** The plugin that registers the driver `ipnet`. */
const plugin: Plugin = definePlugin({
  name: '@kleenet/driver-ipnet',
  apiVersion: API_VERSION,
  register(registrar) {
    registrar.register(ipnet);
  },
});

export default plugin;
export { ipnet } from './driver.ts';
