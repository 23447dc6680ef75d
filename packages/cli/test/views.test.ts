import { deepEqual, equal } from 'node:assert/strict';
import { suite } from 'uvu';
import type {
  Cidr,
  Container,
  ContainerReport,
  EndpointReport,
  IpAddress,
  MacAddress,
  Network,
} from '@kleenet/core';
import { networkFilter } from '../src/commands/network/filter.ts';
import { containerInspectView, networkInspectView, networkView } from '../src/render/views.ts';

const NETWORK: Network = {
  id: '0123456789ab',
  name: 'testnet',
  type: 'loopback',
  interface: 'kln0',
  state: 'ready',
  pools: {
    ipv4: { subnet: '10.0.0.0/24' as Cidr, gatewayOnHost: false, exclude: ['10.0.0.9/32' as Cidr] },
  },
  nat: true,
  icc: true,
  internal: false,
  labels: { team: 'web', empty: '' },
  options: {},
  created: '2026-01-02T03:04:05.000Z',
};

const ENDPOINT: EndpointReport = {
  endpoint: {
    id: 'aaaaaaaaaaaa',
    networkId: NETWORK.id,
    containerId: 'cccccccccccc',
    driver: 'vnet',
    state: 'connected',
    addresses: { ipv4: '10.0.0.1' as IpAddress },
    mac: '02:00:00:00:00:01' as MacAddress,
    interface: 'eth0',
    gatewayPriority: 0,
    order: 0,
    options: {},
    created: NETWORK.created,
  },
  networkName: 'testnet',
  containerName: 'c1',
};

const CONTAINER: Container = {
  id: 'cccccccccccc',
  name: 'c1',
  image: 'host',
  imageId: 'host',
  command: ['sleep', '1'],
  driver: 'vnet',
  stack: 'own',
  state: 'ready',
  env: [],
  user: '',
  mounts: [{ source: '/a', target: '/b', readOnly: true }],
  jailParameters: [],
  publishedPorts: [{ protocol: 'tcp', hostPorts: [8080, 8081], containerPort: 80 }],
  restart: 'no',
  terminal: false,
  interactive: false,
  autoRemove: false,
  created: NETWORK.created,
};

const views = suite('views');

views('network inspect', () => {
  deepEqual(networkInspectView({ network: NETWORK, endpoints: [ENDPOINT] }), {
    network: {
      id: '0123456789ab',
      name: 'testnet',
      type: 'loopback',
      interface: 'kln0',
      subnet: '10.0.0.0/24',
      subnet6: '',
      gateway: '',
      gateway6: '',
      nat: true,
      nat_interface: '',
      icc: true,
      internal: false,
      ip_range: '',
      ip_range6: '',
      exclude: ['10.0.0.9/32'],
      mtu: '',
      labels: { team: 'web', empty: '' },
      driver: '',
      driver_options: {},
      state: 'ready',
      parked: '',
      created: '2026-01-02T03:04:05.000Z',
    },
    network_endpoints: [
      {
        id: 'aaaaaaaaaaaa',
        network_id: '0123456789ab',
        network_name: 'testnet',
        container_id: 'cccccccccccc',
        container_name: 'c1',
        driver: 'vnet',
        ip_address: '10.0.0.1',
        ip_address6: '',
        mac_address: '02:00:00:00:00:01',
        interface: 'eth0',
        epair: null,
        gw_priority: 0,
        driver_options: {},
        state: 'connected',
        created: '2026-01-02T03:04:05.000Z',
      },
    ],
  });
});

views("the host's end of a running endpoint", () => {
  const view = networkInspectView({
    network: NETWORK,
    endpoints: [{ ...ENDPOINT, hostInterface: 'vethaaaa' }],
  });
  equal(view.network_endpoints[0]?.epair, 'vethaaaa');
});

views('container inspect', () => {
  const report: ContainerReport = { container: CONTAINER, state: 'created', endpoints: [ENDPOINT] };
  const { container, container_endpoints } = containerInspectView(report);
  equal(container_endpoints.length, 1);
  deepEqual([container.state, container.exit_code, container.started], ['created', '', '']);
  deepEqual(container.published_ports, [
    { interface: '', protocol: 'tcp', host_port: 8080, host_port_last: 8081, container_port: 80 },
  ]);
  deepEqual(container.mounts, [{ source: '/a', target: '/b', read_only: true }]);
});

views('exit status 0 is not the absence of one', () => {
  const run = {
    id: 'r',
    containerId: CONTAINER.id,
    state: 'ended',
    bootId: 'b',
    sandbox: { name: '', stack: 'own' },
    started: NETWORK.created,
    ended: NETWORK.created,
    exitCode: 0,
  } as const;
  equal(
    containerInspectView({ container: CONTAINER, state: 'exited', run, endpoints: [] }).container
      .exit_code,
    0,
  );
});

views('no key is ever undefined', () => {
  const view = containerInspectView({
    container: CONTAINER,
    state: 'created',
    endpoints: [],
  }).container;
  deepEqual(
    Object.values(view).filter((value) => value === undefined),
    [],
  );
});

views.run();

const filters = suite('--filter');

const FILTERS = [
  [['name=test'], true],
  [['name=other'], false],
  [['name=other', 'name=test'], true],
  [['name=test', 'type=bridge'], false],
  [['type=loopback'], true],
  [['driver=loopback'], true],
  [['driver=vnet'], false],
  [['id=0123'], true],
  [['id=123'], false],
  [['label=team'], true],
  [['label=team=web'], true],
  [['label=team=db'], false],
  [['label=team', 'label=none'], false],
  [['label=empty='], true],
  [['label=toString'], false],
] as const;

for (const [texts, expected] of FILTERS) {
  filters(texts.join(' '), () => equal(networkFilter(texts)(networkView(NETWORK)), expected));
}

filters('driver=vnet, of a network that belongs to it', () =>
  equal(networkFilter(['driver=vnet'])(networkView({ ...NETWORK, driver: 'vnet' })), true),
);

for (const text of ['name', 'colour=red', '=x', '__proto__=x']) {
  filters(`refuses ${text}`, () => {
    try {
      networkFilter([text]);
    } catch (error) {
      equal((error as { code: string }).code, 'INVALID_ARGUMENT');
      return;
    }
    throw new Error('was accepted');
  });
}

filters.run();
