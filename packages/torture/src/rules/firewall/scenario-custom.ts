/** Networks on interfaces of the user's, one of them internal, and one that translates on one interface only. */
import { FAMILIES, subnetOf } from '../../model/subnets.ts';
import type { Family } from '../../model/subnets.ts';
import {
  HOST,
  HOST_ADDRESS,
  LAN,
  LAN_ADDRESS,
  OUTSIDE,
  OUTSIDE_ADDRESS,
  SERVICE,
  UPLINK,
} from '../../world/places.ts';
import { udp } from './frames.ts';
import type { Asked, Sent } from './packets.ts';
import { address, container, modelPackets, network, sent, token } from './scenario.ts';
import type { Scenario } from './scenario.ts';
import { ip, Stage } from './stage.ts';

/** Labels: the model counts those that it knows. */
const C1 = 'c1#1';
/** The model has no internal network on an interface of the user's, and none that chooses where it translates. */
const [Y1, Y2, N1] = ['y1', 'y2', 'n1'] as const;
/** A machine on the link of the internal network, and the interface of the host that leads to it. */
const YARD = 'yard0';
const [YARD_SUBNET, LANE_SUBNET] = [6, 7] as const;
const MACHINE = 6;

/** Other networks have the other lines. */
const OWN =
  /icc_custom|icc_on|nat_on|(set same|map internal)[46]_\d+: (10\.77\.|fd77:)[56][.:]|comment "network yard"$/;

export const customScenario: Scenario = {
  name: 'custom networks',
  has: ({ name }) => OWN.test(name),
  open,
};

async function open(world: Parameters<Scenario['open']>[0]): ReturnType<Scenario['open']> {
  const stage = new Stage(world);
  const there = FAMILIES.map((family) => address(family, YARD_SUBNET, MACHINE));
  const here = FAMILIES.map((family) => address(family, YARD_SUBNET, 1));
  const lengths = FAMILIES.map((family) => subnetOf(YARD_SUBNET, family).cidr.split('/')[1]);
  const own = there.map((one, index) => `${one}/${lengths[index]}`);
  await stage.machine(YARD, own, here);
  for (const [index, one] of here.entries())
    await ip(
      `address add ${one}/${lengths[index]} dev ${YARD}${one.includes(':') ? ' nodad' : ''}`,
    );
  await stage.take([network('street', 5, { type: 'custom', gateway: false })]);
  const subnets = (subnet: number): string =>
    `--subnet ${subnetOf(subnet, 'ipv4').cidr} --subnet6 ${subnetOf(subnet, 'ipv6').cidr}`;
  await stage.klee(
    `network create --type custom --interface ${YARD} --internal ${subnets(YARD_SUBNET)} yard`,
  );
  await stage.klee(`network create --type bridge --nat-if ${UPLINK} ${subnets(LANE_SUBNET)} lane`);
  const at = (subnet: number, number: number): string =>
    `ip=${address('ipv4', subnet, number)},ip6=${address('ipv6', subnet, number)}`;
  const run = (name: string, driver: string, wish: string): Promise<string> =>
    stage.klee(`run -d --name ${name} -l ${driver} -n ${wish} host sleep 86400`);
  await stage.take([
    container('c1', { driver: 'ipnet', on: { street: 2 } }),
    container('c2', { driver: 'ipnet', on: { street: 3 } }),
  ]);
  await run(Y1, 'ipnet', `yard:${at(YARD_SUBNET, 2)}`);
  await run(Y2, 'ipnet', `yard:${at(YARD_SUBNET, 3)}`);
  await run(N1, 'vnet', `lane:${at(LANE_SUBNET, 2)}`);
  await stage.probe([LAN, YARD]);
  const asked = [...modelPackets(stage), ...FAMILIES.flatMap(asksOf)];
  return { stage, phases: [{ name: 'as usual', asked, sent: await outOfYard(stage) }] };
}

/** Datagrams that go one way only, some of them without a route. */
async function outOfYard(stage: Stage): Promise<readonly Sent[]> {
  const [inYard, onStreet] = [await stage.linkOf(Y1, Y1), await stage.linkOf(C1, 'c1')];
  return FAMILIES.flatMap((family): Sent[] => {
    const one = (
      from: string,
      at: string,
      macs: typeof inYard,
      [source, destination]: readonly [string, string],
    ): Sent => {
      const name = `from ${source} to ${at}`;
      const ends = { source, destination, sourcePort: 9, port: SERVICE };
      const { type, body } = udp(ends, token(name));
      return sent(name, { from, at }, [macs, type, body], { arrives: false, to: 'server' });
    };
    const y1 = address(family, YARD_SUBNET, 2);
    const [c1, machine] = [address(family, 5, 2), address(family, YARD_SUBNET, MACHINE)];
    return [
      one(Y1, OUTSIDE, inYard, [y1, OUTSIDE_ADDRESS[family]]),
      one(Y1, HOST, inYard, [y1, HOST_ADDRESS[family]]),
      one(C1, YARD, onStreet, [c1, machine]),
    ];
  });
}

function asksOf(family: Family): readonly Asked[] {
  const [y1, y2] = [address(family, YARD_SUBNET, 2), address(family, YARD_SUBNET, 3)];
  const machine = address(family, YARD_SUBNET, MACHINE);
  const n1 = address(family, LANE_SUBNET, 2);
  const ask = (
    from: string,
    to = '',
    expected: Asked['expected'],
    port: number = SERVICE,
  ): Asked => ({
    probe: { from, address: to, port, protocol: 'udp' },
    expected,
  });
  return [
    // In the internal network: its containers, its link, and the host's address there.
    ask(Y1, y2, { server: Y2, sender: y1 }, 5000),
    ask(YARD, y1, { server: Y1, sender: machine }, 5000),
    ask(Y1, machine, { server: YARD, sender: y1 }),
    ask(Y1, address(family, YARD_SUBNET, 1), { server: HOST, sender: y1 }),
    // Out of it, and into it.
    ask(Y1, HOST_ADDRESS[family], 'nothing'),
    ask(Y1, OUTSIDE_ADDRESS[family], 'nothing'),
    ask(Y1, LAN_ADDRESS[family], 'nothing'),
    ask(C1, machine, 'nothing'),
    ask(C1, y1, 'nothing', 5000),
    ask(OUTSIDE, y1, 'nothing', 5000),
    // Translated where it leaves by the uplink, and nowhere else.
    ask(N1, OUTSIDE_ADDRESS[family], { server: OUTSIDE, sender: HOST_ADDRESS[family] }),
    ask(N1, LAN_ADDRESS[family], { server: LAN, sender: n1 }),
  ];
}
