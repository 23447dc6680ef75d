/**
 * Walks that found a fault of klee, shortened. Each has to pass now. `script/torture walk` prints what it finds in this
 * form.
 */
import type { Step } from '../../src/walk/steps/step.ts';

const BOTH = ['ipv4', 'ipv6'];
const PLAIN = { nat: true, icc: true, internal: false, gateway: true };
const SHOWN = { starts: 'when asked', ports: [] };

export const FOUND: Readonly<Record<string, readonly (Step & Record<string, unknown>)[]>> = {
  'a bridge without a gateway keeps its routes and proxies when a container starts': [
    {
      do: 'create network',
      name: 'net2',
      subnet: 1,
      families: BOTH,
      type: 'bridge',
      ...PLAIN,
      gateway: false,
    },
    { do: 'run', name: 'box1', driver: 'ipnet', wishes: [{ network: 'net2' }], ...SHOWN },
    { do: 'run', name: 'box2', driver: 'vnet', wishes: [{ network: 'net2' }], ...SHOWN },
    { do: 'run', name: 'box3', driver: 'ipnet', wishes: [{ network: 'net2' }], ...SHOWN },
  ],
  'the host reaches an ipnet container of an internal bridge network': [
    {
      do: 'create network',
      name: 'net3',
      subnet: 4,
      families: BOTH,
      type: 'bridge',
      ...PLAIN,
      internal: true,
    },
    { do: 'run', name: 'box1', driver: 'ipnet', wishes: [{ network: 'net3' }], ...SHOWN },
  ],
  'a container that publishes a port leaves its second network': [
    { do: 'create network', name: 'net2', subnet: 1, families: BOTH, type: 'bridge', ...PLAIN },
    {
      do: 'create network',
      name: 'net4',
      subnet: 4,
      families: ['ipv6'],
      type: 'bridge',
      ...PLAIN,
      internal: true,
    },
    {
      do: 'run',
      name: 'box3',
      driver: 'ipnet',
      wishes: [{ network: 'net2' }, { network: 'net4' }],
      starts: 'when asked',
      ports: [{ host: 8001, container: 5000, protocol: 'tcp' }],
    },
    { do: 'disconnect', name: 'box3', network: 'net4' },
  ],
  'a container on an internal network, too, asks for its own port by UDP': [
    { do: 'create network', name: 'net1', subnet: 2, families: BOTH, type: 'loopback', ...PLAIN },
    {
      do: 'create network',
      name: 'net3',
      subnet: 3,
      families: BOTH,
      type: 'bridge',
      ...PLAIN,
      internal: true,
    },
    {
      do: 'run',
      name: 'box2',
      driver: 'ipnet',
      wishes: [{ network: 'net3' }, { network: 'net1' }],
      starts: 'when asked',
      ports: [{ host: 8001, container: 5001, protocol: 'udp' }],
    },
  ],
};
