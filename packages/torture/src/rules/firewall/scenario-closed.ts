/** Internal networks and networks without icc, with machines of the user's in their bridges. */
import { FAMILIES } from '../../model/subnets.ts';
import type { Family } from '../../model/subnets.ts';
import { HOST, HOST_ADDRESS, OUTSIDE, OUTSIDE_ADDRESS, SERVICE } from '../../world/places.ts';
import { icmp, udp } from './frames.ts';
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
import { ip, Stage } from './stage.ts';

/** Labels, as the model counts. */
const [N1, A1, A2, H1] = ['n1#1', 'a1#2', 'a2#3', 'h1#4'] as const;
const [H2, P1] = ['h2#5', 'p1#6'] as const;
/** Machines in the bridges of the internal network, and of that without icc. */
const [PLUG, GUEST] = ['plug', 'guest'] as const;
/** An address that is not in any network. */
const FOREIGN = { ipv4: '198.51.100.7', ipv6: '2001:db8:7::7' } as const;
const CLOSED = 7999;
const FLOW = 7100;

export const closedScenario: Scenario = {
  name: 'internal networks',
  has: isForbidding,
  open,
};

async function open(world: Parameters<Scenario['open']>[0]): ReturnType<Scenario['open']> {
  const stage = new Stage(world);
  for (const step of [
    network('inner', 1, { internal: true }),
    network('apart', 2, { icc: false }),
    network('hid', 3, { type: 'loopback', internal: true }),
    network('loop', 4, { type: 'loopback' }),
  ])
    await stage.take([step]);
  await stage.take([
    container('n1', { driver: 'vnet', on: { inner: 2 } }),
    container('a1', { driver: 'vnet', on: { apart: 2 }, publish: 8001 }),
    container('a2', { driver: 'vnet', on: { apart: 3 } }),
    container('h1', { driver: 'ipnet', on: { hid: 2 } }),
    container('h2', { driver: 'ipnet', on: { hid: 3, inner: 3 } }),
    container('p1', { driver: 'ipnet', on: { loop: 2 }, publish: 8002 }),
  ]);
  for (const [name, subnet, bridge] of [
    [PLUG, 1, await stage.interfaceOf('inner')],
    [GUEST, 2, await stage.interfaceOf('apart')],
  ] as const) {
    const own = [`${address('ipv4', subnet, 6)}/29`, `${address('ipv6', subnet, 6)}/64`];
    await stage.machine(
      name,
      own,
      FAMILIES.map((family) => address(family, subnet, 1)),
    );
    await ip(`link set dev ${name} master ${bridge}`);
  }
  for (const family of FAMILIES)
    await ip(`route add ${FOREIGN[family]} via ${address(family, 1, 6)}`);
  await stage.probe([PLUG, GUEST]);
  return { stage, phases: await phasesOf(stage) };
}

async function phasesOf(stage: Stage): Promise<readonly Phase[]> {
  const asked = [...modelPackets(stage), ...asksOf()];
  const guests = FAMILIES.map((family): Asked => ({
    probe: { from: GUEST, address: address(family, 2, 2), port: 5000, protocol: 'tcp' },
    expected: { server: A1, sender: address(family, 2, 6) },
  }));
  return [
    {
      name: 'as usual',
      asked,
      sent: [...(await foreigners(stage)), ...(await withoutRoute(stage))],
    },
    {
      name: 'with br_netfilter',
      asked: [...asked.filter(({ probe: { port } }) => port < 8000), ...guests],
      sent: [],
      enter: () => setBridgeFilter(stage, true),
      leave: () => setBridgeFilter(stage, false),
    },
    await earlierConnections(stage),
  ];
}

/** What docs/firewall.md says, and the model of walks leaves out. */
function asksOf(): readonly Asked[] {
  return FAMILIES.flatMap((family): Asked[] => {
    const ask = (
      from: string,
      to: string,
      port: number,
      expected: Asked['expected'],
      more: { readonly source?: string; readonly protocol?: 'tcp' | 'udp' } = {},
    ): Asked => ({ probe: { from, address: to, port, protocol: 'udp', ...more }, expected });
    const own = HOST_ADDRESS[family];
    return [
      // The host reaches what is in an internal network, from its other addresses, too.
      ask(HOST, address(family, 1, 2), 5000, { server: N1 }, { source: address(family, 1, 1) }),
      ask(HOST, address(family, 1, 6), SERVICE, { server: PLUG }, { source: own }),
      ask(HOST, address(family, 1, 6), CLOSED, 'refused', { source: own }),
      // The machine in the bridge of an internal network is in the network, and only there.
      ask(PLUG, address(family, 1, 2), 5000, { server: N1 }),
      ask(PLUG, address(family, 1, 1), SERVICE, { server: HOST }),
      ask(PLUG, own, SERVICE, 'nothing'),
      ask(PLUG, OUTSIDE_ADDRESS[family], SERVICE, 'nothing'),
      ask(PLUG, address(family, 4, 2), 5000, 'nothing'),
    ];
  });
}

/** Machines in bridges are not checked as senders: what they send with a foreign address goes nowhere. */
async function foreigners(stage: Stage): Promise<readonly Sent[]> {
  const guest = (await stage.nic(GUEST, 'eth0')).mac;
  const plug = (await stage.nic(PLUG, 'eth0')).mac;
  const a2 = (await stage.nic(A2, 'eth0')).mac;
  const inner = (await stage.nic(HOST, await stage.interfaceOf('inner'))).mac;
  const apart = (await stage.nic(HOST, await stage.interfaceOf('apart'))).mac;
  return FAMILIES.flatMap((family): Sent[] => {
    const send = (
      name: string,
      ways: { readonly from: string; readonly at: string },
      macs: { readonly fromMac: string; readonly toMac: string },
      to: { readonly address: string; readonly port: number; readonly server?: true },
    ): Sent => {
      const ends = {
        source: FOREIGN[family],
        destination: to.address,
        sourcePort: 9,
        port: to.port,
      };
      const { type, body } = udp(ends, token(name));
      const fate = { arrives: false, ...(to.server ? { to: 'server' as const } : {}) };
      return sent(name, ways, [macs, type, body], fate);
    };
    const fromPlug = { fromMac: plug, toMac: inner };
    const lost = `without a connection over ${family}`;
    const error = icmp(address(family, 2, 3), OUTSIDE_ADDRESS[family], unreachable(family, lost));
    return [
      send(`foreign to a port over ${family}`, { from: PLUG, at: P1 }, fromPlug, {
        address: address(family, 4, 2),
        port: 5000,
      }),
      send(`foreign to the host over ${family}`, { from: PLUG, at: HOST }, fromPlug, {
        address: HOST_ADDRESS[family],
        port: SERVICE,
        server: true,
      }),
      send(
        `foreign to the outside over ${family}`,
        { from: GUEST, at: OUTSIDE },
        { fromMac: guest, toMac: apart },
        { address: OUTSIDE_ADDRESS[family], port: SERVICE },
      ),
      sent(
        lost,
        { from: A2, at: OUTSIDE },
        [{ fromMac: a2, toMac: apart }, error.type, error.body],
        { arrives: false },
      ),
      {
        ...send(
          `redirected over ${family}`,
          { from: A2, at: A2 },
          { fromMac: a2, toMac: apart },
          {
            address: address(family, 2, 2),
            port: 5000,
          },
        ),
        ...redirecting(family, { fromMac: a2, toMac: apart }),
      },
    ];
  });
}

/** What containers of internal networks send although they have no route for it. */
async function withoutRoute(stage: Stage): Promise<readonly Sent[]> {
  const all = [
    { from: H1, of: 'h1', subnet: 3, number: 2 },
    { from: H2, of: 'h2', subnet: 1, number: 3 },
  ];
  const frames = all.map(async ({ from, of, subnet, number }) => {
    const macs = await stage.linkOf(from, of);
    return FAMILIES.flatMap((family) =>
      [OUTSIDE, HOST].map((at): Sent => {
        const name = `without a route from ${of} to ${at} over ${family}`;
        const destination = (at === HOST ? HOST_ADDRESS : OUTSIDE_ADDRESS)[family];
        const source = address(family, subnet, number);
        const ends = { source, destination, sourcePort: 9, port: SERVICE };
        const { type, body } = udp(ends, token(name));
        return sent(name, { from, at }, [macs, type, body], { arrives: false, to: 'server' });
      }),
    );
  });
  return (await Promise.all(frames)).flat();
}

/** To a neighbour by way of the host, as without icc: the host must not say that there is a shorter one. */
function redirecting(
  family: Family,
  macs: { readonly fromMac: string; readonly toMac: string },
): Partial<Sent> & Pick<Sent, 'hex'> {
  const ends = { source: address(family, 2, 3), destination: address(family, 2, 2) };
  const { type, body } = udp({ ...ends, sourcePort: 9, port: 5000 }, token('by way of the host'));
  const name = `redirected over ${family}`;
  return sent(name, { from: A2, at: A2 }, [macs, type, body], {
    arrives: false,
    note: new RegExp(`^redirect ${family}$`),
  });
}

/** An ICMP error about a packet of which there is no connection. */
function unreachable(family: Family, name: string): readonly number[] {
  const lost = udp(
    { source: OUTSIDE_ADDRESS[family], destination: address(family, 2, 3), sourcePort: 9, port: 9 },
    token(name),
  );
  return [family === 'ipv4' ? 3 : 1, family === 'ipv4' ? 3 : 4, 0, 0, 0, 0, ...lost.body];
}

/** Connections from a time when another program had flushed the rules: those of internal networks end when they are back. */
async function earlierConnections(stage: Stage): Promise<Phase> {
  const [outside, plug] = [await stage.nic(OUTSIDE, 'eth0'), await stage.nic(PLUG, 'eth0')];
  const uplink = (await stage.nic(HOST, 'uplink')).mac;
  const inner = (await stage.nic(HOST, await stage.interfaceOf('inner'))).mac;
  const [h1, h2] = [await stage.linkOf(H1, 'h1'), await stage.linkOf(H2, 'h2')];
  const plugged = { fromMac: plug.mac, toMac: inner };
  const cases = FAMILIES.flatMap((family) => [
    { family, name: 'h1', inside: address(family, 3, 2), from: H1, macs: h1 },
    { family, name: 'h2', inside: address(family, 1, 3), from: H2, macs: h2 },
    { family, name: 'plug', inside: FOREIGN[family], from: PLUG, macs: plugged },
  ]);
  const packet = (name: string, source: string, destination: string): ReturnType<typeof udp> =>
    udp({ source, destination, sourcePort: FLOW, port: FLOW }, token(name));
  const opening = cases.map(({ family, name, inside, from, macs }) => {
    const label = `opened by ${name} over ${family}`;
    const { type, body } = packet(label, inside, OUTSIDE_ADDRESS[family]);
    return sent(label, { from, at: OUTSIDE }, [macs, type, body], { arrives: true });
  });
  return {
    name: 'connections from before the rules',
    asked: [],
    sent: cases.map(({ family, name, inside, from }) => {
      const label = `answer to ${name} over ${family}`;
      const { type, body } = packet(label, OUTSIDE_ADDRESS[family], inside);
      const macs = { fromMac: outside.mac, toMac: uplink };
      return sent(label, { from: OUTSIDE, at: from }, [macs, type, body], { arrives: false });
    }),
    earlier: async () => {
      await stage.world.host(['nft', 'flush', 'ruleset']);
      await stage.forget({ connections: true });
      // Without a rule the kernel tracks no connections.
      const track =
        'table inet tracking { chain seen { type filter hook forward priority 0; ct state new accept; }; }\n';
      await stage.world.host(['nft', '-f', '-'], track);
      await stage.send(opening);
      await new Promise((resolve) => setTimeout(resolve, 300));
    },
    leave: async () =>
      void (await stage.world.host(['nft', 'delete', 'table', 'inet', 'tracking'])),
  };
}
