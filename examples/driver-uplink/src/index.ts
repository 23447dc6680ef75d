import { API_VERSION, definePlugin } from '@kleenet/core/driver';
import type { Plugin } from '@kleenet/core/driver';
import { uplink } from './driver.ts';

const plugin: Plugin = definePlugin({
  name: 'kleenet-driver-uplink',
  apiVersion: API_VERSION,
  register(registrar) {
    registrar.register(uplink);
  },
});

export default plugin;
export { uplink } from './driver.ts';
