/** What all scenarios have in common. */
import { probesOf } from '../../model/questions.ts';
import type { World } from '../../world/world.ts';
import type { Step } from '../../walk/steps/step.ts';
import { addressIn, FAMILIES, subnetOf } from '../../model/subnets.ts';
import type { Family } from '../../model/subnets.ts';
import { frame } from './frames.ts';
import type { Line } from './lines.ts';
import type { Asked, Phase, Sent } from './packets.ts';
import type { Stage } from './stage.ts';

/** Networks and containers that cause lines of the firewall, and the packets that need these lines. */
export interface Scenario {
  readonly name: string;
  /** Whether this scenario has the packets for a line. */
  readonly has: (line: Pick<Line, 'kind' | 'name'>) => boolean;
  open(world: World): Promise<{ readonly stage: Stage; readonly phases: readonly Phase[] }>;
}

/** Lines for what is forbidden: they need an internal network, or one without icc. All others need published ports. */
const FORBIDDING: readonly RegExp[] = [
  // And machines of the user's in a bridge, whose frames do not come from a port of klee.
  /^bridge chain from_ports: policy/,
  / chain within: .*nd-neighbor-/,
  / chain to_host: .*nd-neighbor-/,
  / set apart_bridges: /,
  /internal/,
  / chain containers: (ct state invalid )?drop$/,
  / chain output: icmp/,
  / chain forward: iifname (@bridges|"klc\*")/,
];

export function isForbidding({ kind }: Pick<Line, 'kind'>): boolean {
  return FORBIDDING.some((pattern) => pattern.test(kind));
}

/** An address of a subnet by its number. */
export function address(family: Family, subnet: number, number: number): string {
  return addressIn(subnetOf(subnet, family), number);
}

/** All that the model of walks knows of the places that are here. */
export function modelPackets(stage: Stage): readonly Asked[] {
  return probesOf(stage.model).flatMap(({ expected, ...probe }) => {
    const ends = [probe.from, ...(expected === 'nothing' ? [] : [expected.server])];
    return ends.every((label) => stage.has(label)) ? [{ probe, expected }] : [];
  });
}

/** Whether bridged packets pass the rules for routed ones. */
export async function setBridgeFilter(stage: Stage, on: boolean): Promise<void> {
  const value = on ? '1' : '0';
  const names = ['iptables', 'ip6tables'].map(
    (name) => `net.bridge.bridge-nf-call-${name}=${value}`,
  );
  await stage.world.host(['sysctl', '-q', '-e', '-w', ...names]);
}

export function network(name: string, subnet: number, options: object = {}): Step {
  return {
    do: 'create network',
    name,
    subnet,
    families: FAMILIES,
    type: 'bridge',
    nat: true,
    icc: true,
    internal: false,
    gateway: true,
    ...options,
  } as Step;
}

export interface Wanted {
  readonly driver: 'ipnet' | 'vnet';
  /** By network: the number of both addresses. Of several the first one leads out. */
  readonly on: Readonly<Record<string, number>>;
  /** A port of the host that leads to port 5000, by both protocols. */
  readonly publish?: number;
}

export function container(name: string, { driver, on, publish }: Wanted): Step {
  const ports = publish === undefined ? [] : (['tcp', 'udp'] as const);
  return {
    do: 'run',
    name,
    driver,
    starts: 'when asked',
    wishes: Object.entries(on).map(([of, number], index) => ({
      network: of,
      ipv4: number,
      ipv6: number,
      priority: -index,
    })),
    ports: ports.map((protocol) => ({ host: publish, container: 5000, protocol })),
  } as Step;
}

/** A frame that a place sends by `eth0`, or another device. Its name is in it, to be found again, and has no `#`. */
export function sent(
  name: string,
  ways: { readonly from: string; readonly at: string; readonly device?: string },
  frameParts: Parameters<typeof frame>,
  fate: { readonly arrives: boolean; readonly note?: RegExp; readonly to?: 'server' },
): Sent {
  const { from, at, device = 'eth0' } = ways;
  const word = fate.to === 'server' ? 'got' : 'saw';
  const note = fate.note ?? new RegExp(`^${word} ${token(name)}`);
  return { name, from, at, device, hex: frame(...frameParts), note, arrives: fate.arrives };
}

/** What a payload says, so that it is known where it arrives. */
export function token(name: string): string {
  return `#${name}#`;
}
