/** Networks that rules are made for, for tests. */
import type { Cidr, NetworkIntent } from '@kleenet/core';

export const INNER: NetworkIntent = {
  id: 'aaaaaaaaaaaa',
  name: 'inner',
  type: 'bridge',
  interface: 'kln1',
  subnets: { ipv4: '10.1.0.0/24' as Cidr },
  hostAddresses: {},
  nat: true,
  icc: false,
  internal: true,
};
