/** What a macvlan endpoint needs on Linux, and how ip(8) and sysctl(8) are told. Pure. */
import { heldAddresses, rankOf } from '@kleenet/core/driver';
import type { Argv, AttachTarget, Family } from '@kleenet/core/driver';
import { GATEWAY_OPTION } from './options.ts';

/** What is read of an interface in the answer of `ip -details -json address show`. */
export interface Link {
  readonly ifname: string;
  /** The MAC address. */
  readonly address?: string;
  readonly mtu?: number;
  readonly flags?: readonly string[];
  readonly linkinfo?: { readonly info_kind?: string };
  readonly addr_info?: readonly { readonly local?: string }[];
}

/**
 * The names that the interface has in its life. The first one is unique on the whole host, because kernels before
 * 6.13 refuse to make an interface under a name that is taken on the host, even in another namespace.
 */
export function linkNames({ endpoint }: AttachTarget): {
  readonly first: string;
  readonly final: string;
} {
  return { first: `mv${endpoint.id}`, final: endpoint.interface };
}

/** Without icc containers do not hear each other: the kernel's mode for that is `private`. */
export function createCommand(target: AttachTarget): Argv {
  const { endpoint, network, sandbox } = target;
  const mode = network.icc ? 'bridge' : 'private';
  const mac = endpoint.mac === undefined ? '' : ` address ${endpoint.mac}`;
  const mtu = network.mtu === undefined ? '' : ` mtu ${network.mtu}`;
  return words(
    `ip link add link ${network.interface} name ${linkNames(target).first}${mac}${mtu} netns ${sandbox.name} type macvlan mode ${mode}`,
  );
}

export function renameCommand(target: AttachTarget): Argv {
  const { first, final } = linkNames(target);
  return words(`ip -netns ${target.sandbox.name} link set dev ${first} name ${final}`);
}

/** Names of interfaces and namespaces have no spaces in them, nor have addresses. */
function words(command: string): Argv {
  const [program = '', ...rest] = command.split(' ');
  return [program, ...rest];
}

/**
 * Before the interface is up: the container has the addresses that it leased and none that a router advertises, and
 * its neighbours are told at once who has them now (Linux, ip-sysctl.rst).
 */
export function settings({ endpoint }: AttachTarget): readonly string[] {
  const { interface: name } = endpoint;
  return [
    `net.ipv6.conf.${name}.accept_ra=0`,
    `net.ipv6.conf.${name}.ndisc_notify=1`,
    `net.ipv4.conf.${name}.arp_notify=1`,
  ];
}

/** What is in a namespace, and the interface that macvlan interfaces are on. */
export interface Found {
  readonly links: readonly Link[];
  /** As sysctl(8) shows them, without spaces. */
  readonly settings: readonly string[];
  readonly parent: Link | undefined;
}

/** The size of packets that an interface has unless it is told another: that of its parent. */
function mtuOf({ network }: AttachTarget, { parent }: Pick<Found, 'parent'>): number | undefined {
  return network.mtu ?? parent?.mtu;
}

/** Lines for `ip -batch` that give an interface back what something else has changed. */
export function restoringLines(
  target: AttachTarget,
  link: Link,
  parent: Link | undefined,
): readonly string[] {
  const { mac } = target.endpoint;
  const mtu = mtuOf(target, { parent });
  return [
    ...(mac === undefined || link.address === mac
      ? []
      : [`link set dev ${link.ifname} address ${mac}`]),
    ...(mtu === undefined || link.mtu === mtu ? [] : [`link set dev ${link.ifname} mtu ${mtu}`]),
  ];
}

/** Lines for `ip -batch`, all harmless to repeat. Core knows that nobody else of klee's has the addresses. */
export function configureLines(target: AttachTarget): readonly string[] {
  const { interface: name } = target.endpoint;
  return [
    ...heldAddresses(target).map(
      ({ address, prefix, family }) =>
        `address replace ${address}/${prefix} dev ${name}${family === 'ipv6' ? ' nodad' : ''}`,
    ),
    `link set dev ${name} up`,
    ...heldAddresses(target).flatMap(({ family }) => {
      const gateway = gatewayOf(target, family);
      return gateway === undefined
        ? []
        : [`route replace default via ${gateway} dev ${name} metric ${rankOf(target.endpoint)}`];
    }),
  ];
}

/** Differences between what the endpoint needs and the interfaces of its container, one sentence each. */
export function problems(target: AttachTarget, found: Found): readonly string[] {
  const { container, endpoint } = target;
  const { links } = found;
  const mtu = mtuOf(target, found);
  const who = `container '${container.name}'`;
  const link = links.find(({ ifname }) => ifname === endpoint.interface);
  if (link === undefined) return [`${who} has no interface ${endpoint.interface}`];
  const held = new Set((link.addr_info ?? []).map(({ local }) => local));
  return [
    ...(link.linkinfo?.info_kind === 'macvlan'
      ? []
      : [`${endpoint.interface} of ${who} is not a macvlan interface`]),
    ...(link.flags?.includes('UP') === true ? [] : [`${endpoint.interface} of ${who} is down`]),
    ...(endpoint.mac === undefined || link.address === endpoint.mac
      ? []
      : [`${who} has the MAC address ${link.address}, not ${endpoint.mac}`]),
    ...(mtu === undefined || link.mtu === mtu
      ? []
      : [`the MTU of ${endpoint.interface} of ${who} is ${link.mtu}, not ${mtu}`]),
    ...settings(target)
      .filter((one) => !found.settings.includes(one))
      .map((one) => `${who} lacks the setting ${one}`),
    ...heldAddresses(target)
      .filter(({ address }) => !held.has(address))
      .map(({ address }) => `${who} lacks its address ${address}`),
  ];
}

/** A custom network has no gateway of its own, so that each endpoint names one. */
function gatewayOf({ endpoint }: AttachTarget, family: Family): string | undefined {
  return endpoint.options[GATEWAY_OPTION[family]];
}
