/** What ifconfig(8) prints of interfaces, made up for a test in the form of the records. */

export interface ShownInterface {
  readonly name: string;
  readonly flags?: string;
  readonly mtu?: number;
  readonly description?: string;
  readonly ether?: string;
  readonly groups?: string;
  /** Whole lines, without the leading tab. */
  readonly lines?: readonly string[];
  readonly nd6?: string;
}

/** The text of `ifconfig -a`, or of `ifconfig NAME` for one. */
export function showInterfaces(...interfaces: readonly ShownInterface[]): string {
  return interfaces.map(showInterface).join('');
}

function showInterface({
  name,
  flags = 'UP,RUNNING,MULTICAST',
  mtu = 1500,
  description,
  ether,
  groups,
  lines = [],
  nd6 = 'PERFORMNUD',
}: ShownInterface): string {
  return [
    `${name}: flags=8843<${flags}> metric 0 mtu ${mtu}`,
    ...(description === undefined ? [] : [`\tdescription: ${description}`]),
    ...(ether === undefined ? [] : [`\tether ${ether}`]),
    ...lines.map((line) => `\t${line}`),
    ...(groups === undefined ? [] : [`\tgroups: ${groups}`]),
    `\tnd6 options=21<${nd6}>`,
    '',
  ].join('\n');
}

/** The loopback interface and uplink of a host that has nothing of klee's. */
export const BARE_HOST: readonly ShownInterface[] = [
  {
    name: 'lo0',
    mtu: 16_384,
    groups: 'lo',
    lines: [
      'inet6 ::1 prefixlen 128',
      'inet6 fe80::1%lo0 prefixlen 64 scopeid 0x1',
      'inet 127.0.0.1 netmask 0xff000000',
    ],
  },
  {
    name: 'ext0',
    ether: '52:54:00:12:34:56',
    lines: ['inet 192.0.2.10 netmask 0xffffff00 broadcast 192.0.2.255'],
  },
];
