/** Bridges and a loopback network with published ports. */
import { FAMILIES } from '../../model/subnets.ts';
import { HOST, HOST_ADDRESS, OUTSIDE, OUTSIDE_ADDRESS, SERVICE } from '../../world/places.ts';
import { forgedOnBridge } from './forged.ts';
import { udp } from './frames.ts';
import type { Asked, Phase, Sent } from './packets.ts';
import {
  address,
  container,
  isForbidding,
  modelPackets,
  network,
  sent,
  setBridgeFilter,
  token,
} from './scenario.ts';
import type { Scenario } from './scenario.ts';
import { Stage } from './stage.ts';

/** Labels, as the model counts. */
const [V1, V2, M1, L1] = ['v1#1', 'v2#2', 'm1#3', 'l1#4'] as const;
/** Published on the uplink only, which the model does not know. */
const BOUND = 'i1';
const CLOSED = 7999;

export const openScenario: Scenario = {
  name: 'published ports',
  has: (line) => !isForbidding(line),
  open,
};

async function open(world: Parameters<Scenario['open']>[0]): ReturnType<Scenario['open']> {
  const stage = new Stage(world);
  for (const step of [
    network('lan', 1),
    network('shop', 2),
    network('loop', 3, { type: 'loopback' }),
  ])
    await stage.take([step]);
  await stage.take([
    container('v1', { driver: 'vnet', on: { lan: 2 }, publish: 8001 }),
    container('v2', { driver: 'vnet', on: { lan: 3 } }),
    container('m1', { driver: 'vnet', on: { shop: 2, lan: 4 }, publish: 8002 }),
    container('l1', { driver: 'ipnet', on: { loop: 2, lan: 5 }, publish: 8003 }),
  ]);
  const bound = ['tcp', 'udp'].map((protocol) => `-p uplink:8004:5000/${protocol}`).join(' ');
  await stage.klee(
    `run -d --name ${BOUND} -l ipnet -n lan:ip=10.77.1.6,ip6=fd77:1::6 ${bound} host sleep 86400`,
  );
  await stage.probe([], ['[::1]:8001']);
  return { stage, phases: await phasesOf(stage) };
}

async function phasesOf(stage: Stage): Promise<readonly Phase[]> {
  const port = await stage.portOf('lan', 'v1');
  const lan = await stage.interfaceOf('lan');
  const asked = [...modelPackets(stage), ...asksOf()];
  const forged = await forgedOnBridge(stage, { from: V1, to: V2, other: M1, bridge: lan });
  return [
    {
      name: 'as usual',
      asked,
      sent: [...forged, ...(await routed(stage, lan)), ...(await fromOutside(stage))],
    },
    {
      name: 'with br_netfilter',
      asked: asked.filter(({ probe: { port: to, from } }) => to < 8000 || from === OUTSIDE),
      sent: [...forged, ...(await broadcasts(stage))],
      enter: () => setBridgeFilter(stage, true),
      leave: () => setBridgeFilter(stage, false),
    },
    {
      name: 'with a port out of its bridge',
      asked: [],
      sent: [await unbridged(stage)],
      enter: async () => void (await stage.world.host(['ip', 'link', 'set', port, 'nomaster'])),
      leave: async () => void (await stage.world.host(['ip', 'link', 'set', port, 'master', lan])),
    },
  ];
}

/** What docs/firewall.md says, and the model of walks leaves out. */
function asksOf(): readonly Asked[] {
  const asks = FAMILIES.flatMap((family): Asked[] => {
    const [host, outside] = [HOST_ADDRESS[family], OUTSIDE_ADDRESS[family]];
    const gateway = address(family, 1, 1);
    const ask = (
      from: string,
      to: string,
      port: number,
      expected: Asked['expected'],
      source?: string,
    ): Asked[] =>
      (['tcp', 'udp'] as const).map((protocol) => ({
        probe: { from, address: to, port, protocol, ...(source === undefined ? {} : { source }) },
        expected,
      }));
    const [ownUdp] = ask(V1, outside, CLOSED, 'refused').slice(1);
    const [gatewayUdp] = ask(HOST, outside, CLOSED, 'refused', gateway).slice(1);
    return [
      // The host, its own addresses, and its connections from these.
      ...[1, 2].flatMap((n) => ask(HOST, address(family, n, 1), SERVICE, { server: HOST })),
      ...ask(HOST, outside, SERVICE, { server: OUTSIDE, sender: host }, gateway),
      ...ask(HOST, host, SERVICE, { server: HOST }),
      ...(ownUdp === undefined ? [] : [ownUdp]),
      ...(gatewayUdp === undefined ? [] : [gatewayUdp]),
      ...[1, 2].flatMap((n) => ask(OUTSIDE, address(family, n, 1), SERVICE, 'nothing')),
      // A port on one interface: there, and at the container's own address.
      ...ask(OUTSIDE, host, 8004, { server: BOUND, sender: outside }),
      ...ask(OUTSIDE, address(family, 1, 6), 5000, { server: BOUND, sender: outside }),
      ...ask(OUTSIDE, address(family, 1, 6), 5001, 'nothing'),
      ...ask(L1, address(family, 1, 6), 5000, { server: BOUND }, address(family, 3, 2)),
      ...ask(M1, address(family, 1, 6), 5001, { server: BOUND }),
      // A container that asks for its own port with another one of its addresses.
      ...ask(L1, host, 8003, { server: L1 }, address(family, 1, 5)),
      ...ask(L1, host, 8003, { server: L1 }),
    ];
  });
  // No container gets what is for a server of the host at ::1.
  const own = { from: HOST, address: '::1', port: 8001, protocol: 'tcp' } as const;
  return [...asks, { probe: own, expected: { server: HOST, sender: '::1' } }];
}

/** Frames of containers that the host would route or take for itself. */
async function routed(stage: Stage, lan: string): Promise<readonly Sent[]> {
  const [v1, l1] = [await stage.nic(V1, 'eth0'), await stage.nic(L1, 'eth0')];
  const bridge = (await stage.nic(HOST, lan)).mac;
  const link = (await hostEnd(stage, L1)).mac;
  const loop = { from: L1, at: HOST };
  const toHost = (name: string, source: string, destination: string): Sent => {
    const { type, body } = udp({ source, destination, sourcePort: 9, port: SERVICE }, token(name));
    const macs = { fromMac: l1.mac, toMac: link };
    return sent(name, loop, [macs, type, body], { arrives: false, to: 'server' });
  };
  const local = udp(
    { source: address('ipv4', 1, 2), destination: '127.0.0.1', sourcePort: 9, port: SERVICE },
    token('to the loopback from a bridge'),
  );
  return [
    sent(
      'to the loopback from a bridge',
      { from: V1, at: HOST },
      [{ fromMac: v1.mac, toMac: bridge }, local.type, local.body],
      { arrives: false, to: 'server' },
    ),
    toHost('to the loopback from a link', address('ipv4', 3, 2), '127.0.0.1'),
    toHost('forged on a link', '198.51.100.7', HOST_ADDRESS.ipv4),
    toHost('forged on a link over ipv6', '2001:db8:7::7', HOST_ADDRESS.ipv6),
    toHost('as a neighbour on a link', address('ipv4', 1, 2), HOST_ADDRESS.ipv4),
  ];
}

/** The host's end of an ipnet container's link. */
async function hostEnd(stage: Stage, label: string): Promise<{ readonly mac: string }> {
  const name = [...stage.model.containers.values()].find((one) => one.label === label)?.name ?? '';
  return stage.nic(HOST, `klc${await stage.idOf(name)}`);
}

/** From outside, as if from each network. */
async function fromOutside(stage: Stage): Promise<readonly Sent[]> {
  const [own, uplink] = [await stage.nic(OUTSIDE, 'eth0'), await stage.nic(HOST, 'uplink')];
  return FAMILIES.flatMap((family) =>
    [1, 2, 3].map((subnet) => {
      const name = `from outside as ${family} of ${subnet}`;
      const source = address(family, subnet, 6);
      const ends = { source, destination: HOST_ADDRESS[family], sourcePort: 9, port: SERVICE };
      const { type, body } = udp(ends, token(name));
      const macs = { fromMac: own.mac, toMac: uplink.mac };
      const ways = { from: OUTSIDE, at: HOST };
      return sent(name, ways, [macs, type, body], { arrives: false, to: 'server' });
    }),
  );
}

async function broadcasts(stage: Stage): Promise<readonly Sent[]> {
  const v1 = await stage.nic(V1, 'eth0');
  return FAMILIES.map((family) => {
    const name = `to all over ${family}`;
    const [destination, toMac] =
      family === 'ipv4'
        ? ['255.255.255.255', 'ff:ff:ff:ff:ff:ff']
        : ['ff02::1', '33:33:00:00:00:01'];
    const source = address(family, 1, 2);
    const { type, body } = udp({ source, destination, sourcePort: 9, port: 5000 }, token(name));
    return sent(name, { from: V1, at: V2 }, [{ fromMac: v1.mac, toMac }, type, body], {
      arrives: true,
    });
  });
}

/** A container asks for an address (DHCP), and the host could hear it on its end of the link. */
async function unbridged(stage: Stage): Promise<Sent> {
  const { mac } = await stage.nic(V1, 'eth0');
  const name = 'to all from a port out of its bridge';
  const ends = { source: '0.0.0.0', destination: '255.255.255.255', sourcePort: 68, port: SERVICE };
  const { type, body } = udp(ends, token(name));
  const macs = { fromMac: mac, toMac: 'ff:ff:ff:ff:ff:ff' };
  return sent(name, { from: V1, at: HOST }, [macs, type, body], { arrives: false, to: 'server' });
}
