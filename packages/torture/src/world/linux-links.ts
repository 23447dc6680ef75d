/** The machines beside a Linux host, each in a namespace of its own, and the links to them. */
import {
  HOST_ADDRESS,
  LAN,
  LAN_ADDRESS,
  LAN_HOST_ADDRESS,
  LAN_INTERFACE,
  OUTSIDE,
  OUTSIDE_ADDRESS,
  UPLINK,
} from './places.ts';
import { run, sure } from './processes.ts';

const HOST_LINK_LOCAL = 'fe80::1';

interface Addresses {
  readonly ipv4: string;
  readonly ipv6: string;
}

/** The default route of the host leads outside, and those of the machines lead to the host. */
export async function linkMachines(): Promise<void> {
  // Bridges whose packets pass the IP firewall are a step of their own.
  await run(bridgeFilter(0));
  await link(OUTSIDE, UPLINK, HOST_ADDRESS, OUTSIDE_ADDRESS, 24);
  await link(LAN, LAN_INTERFACE, LAN_HOST_ADDRESS, LAN_ADDRESS, 29);
  await leadOutside();
}

/** The command that says whether bridged packets pass the IP firewall, too; nothing comes of it without the module. */
export function bridgeFilter(value: 0 | 1): readonly string[] {
  const names = ['iptables', 'ip6tables'].map((name) => `net.bridge.bridge-nf-call-${name}`);
  return ['sysctl', '-q', '-e', '-w', ...names.map((name) => `${name}=${value}`)];
}

async function link(
  machine: string,
  device: string,
  own: Addresses,
  other: Addresses,
  length: number,
): Promise<void> {
  await ip(`netns add ${machine}`);
  await ip(`link add name ${device} type veth peer name eth0 netns ${machine}`);
  for (const [place, name, address, linkLocal] of [
    [[], device, own, HOST_LINK_LOCAL],
    [['-netns', machine], 'eth0', other, 'fe80::2'],
  ] as const) {
    for (const line of [
      'link set dev lo up',
      // One that the kernel chooses would come some time after the first look at the host. Without one it asks no neighbour
      // whether it is still there.
      `link set dev ${name} addrgenmode none`,
      `address add ${linkLocal}/64 dev ${name} nodad`,
      `address add ${address.ipv4}/${length} dev ${name}`,
      `address add ${address.ipv6}/64 dev ${name} nodad`,
      `link set dev ${name} up`,
    ]) {
      await ip(line, place);
    }
  }
  // An answer left out to spare the network would look like one that a firewall drops.
  for (const limit of ['net.ipv4.icmp_ratelimit', 'net.ipv6.icmp.ratelimit'])
    await sure(['ip', 'netns', 'exec', machine, 'sysctl', '-q', '-w', `${limit}=0`]);
  for (const line of [`route add default via ${own.ipv4}`, `-6 route add default via ${own.ipv6}`])
    await ip(line, ['-netns', machine]);
}

/** Also again, when IPv6 was switched off and on. */
export async function leadOutside(): Promise<void> {
  for (const [device, { ipv6 }] of [
    [UPLINK, HOST_ADDRESS],
    [LAN_INTERFACE, LAN_HOST_ADDRESS],
  ] as const)
    for (const address of [HOST_LINK_LOCAL, ipv6])
      await ip(`address replace ${address}/64 dev ${device} nodad`);
  await ip(`route replace default via ${OUTSIDE_ADDRESS.ipv4}`);
  await ip(`-6 route replace default via ${OUTSIDE_ADDRESS.ipv6}`);
}

function ip(line: string, before: readonly string[] = []): Promise<string> {
  return sure(['ip', ...before, ...line.split(' ')]);
}
