import { API_VERSION, definePlugin } from '@kleenet/core/driver';
import type { Plugin } from '@kleenet/core/driver';
import { macvlan } from './driver.ts';

const plugin: Plugin = definePlugin({
  name: 'kleenet-driver-macvlan',
  apiVersion: API_VERSION,
  register(registrar) {
    registrar.register(macvlan);
  },
});

export default plugin;
export { macvlan } from './driver.ts';
