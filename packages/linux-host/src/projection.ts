/** A Linux host as a simulated one, for comparing hosts. Pure. */
import type {
  SimulatedInterface,
  SimulatedInterfaceKind,
  SimulatedSandbox,
  SimulatedState,
} from '@kleenet/core/testing';
import { OUTSIDE } from './outside.ts';
import { firewallText } from './ruleset.ts';
import type { LinkObject, Reading, Stack } from './reading.ts';
import { destinationsOf, detailsOf, isIpv6, macOf } from './words.ts';

/** What the host itself does not tell. */
export interface Known {
  /** The stack of each sandbox, by its name. */
  readonly stacks: ReadonlyMap<string, SimulatedSandbox['stack']>;
  /** The sandboxes in which a command runs. */
  readonly running: ReadonlySet<string>;
  /** The settings of a namespace in which nothing was changed. */
  readonly reference: ReadonlyMap<string, string>;
}

const KINDS: Readonly<Record<string, SimulatedInterfaceKind>> = { bridge: 'bridge', veth: 'pair' };

const MARK = /^kleenet:(?:network|endpoint|container):(\w+)$/;

export function project(reading: Reading, known: Known): SimulatedState {
  const sandboxes = [...reading.sandboxes];
  const stacks: readonly (readonly [string, Stack])[] = [['', reading.host], ...sandboxes];
  const peers = peersOf(reading);
  return {
    hostId: 'linux',
    bootId: 'boot-1',
    interfaces: Object.fromEntries(
      stacks.flatMap(([sandbox, stack]) =>
        stack.links.map((link) => [
          `${sandbox}/${link.ifname}`,
          projectInterface({ sandbox, stack, link, peers, known }),
        ]),
      ),
    ),
    sandboxes: Object.fromEntries(
      sandboxes.map(([name, stack]) => [name, projectSandbox(name, stack, known)]),
    ),
    firewall: firewallText(reading.ruleset),
    exitStatuses: {},
    storage: [],
    images: [],
  };
}

interface Placed {
  readonly sandbox: string;
  readonly stack: Stack;
  readonly link: LinkObject;
  readonly peers: ReadonlyMap<string, string>;
  readonly known: Known;
}

function projectInterface({ sandbox, stack, link, peers, known }: Placed): SimulatedInterface {
  const peer = peers.get(`${sandbox}/${link.ifname}`);
  return {
    name: link.ifname,
    kind: kindOf(link, peer),
    sandbox,
    owner: MARK.exec(link.ifalias ?? '')?.[1] ?? '',
    ...(peer === undefined ? {} : { peer }),
    bridge: link.master ?? '',
    mac: link.ifname === 'lo' ? '' : macOf(link, stack),
    mtu: link.mtu,
    addresses: (link.addr_info ?? []).flatMap(({ local = '', prefixlen = 0 }) =>
      isByKernel(link.ifname, sandbox, local) ? [] : [`${local}/${prefixlen}`],
    ),
    details: { ...detailsOf(stack, link, known.reference) },
    routes: destinationsOf(stack, link.ifname),
  };
}

/** The link-local addresses that the kernel chooses, and those of the loopback interface of a sandbox. */
function isByKernel(name: string, sandbox: string, address: string): boolean {
  const isLoopback = name === 'lo' && sandbox !== '' && /^(?:127\.0\.0\.1|::1)$/.test(address);
  return isLoopback || /^fe[89ab]/.test(address);
}

/** A pair whose other end is outside leads there. */
function kindOf(
  { ifname, linkinfo }: LinkObject,
  peer: string | undefined,
): SimulatedInterfaceKind {
  if (ifname === 'lo') return 'loopback';
  const kind = KINDS[linkinfo?.info_kind ?? ''] ?? 'uplink';
  return kind === 'pair' && peer === undefined ? 'uplink' : kind;
}

/** The ends of pairs, both ways, as `SANDBOX/NAME`. */
function peersOf({ host, sandboxes, numbers }: Reading): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const join = (one: string, other: string): void => {
    found.set(one, other).set(other, one);
  };
  for (const { ifname, linkinfo, link, link_index, link_netnsid } of host.links) {
    if (linkinfo?.info_kind !== 'veth') continue;
    if (link !== undefined) join(`/${ifname}`, `/${link}`);
    const sandbox = link_netnsid === undefined ? undefined : numbers.get(link_netnsid);
    if (sandbox === undefined || sandbox === OUTSIDE) continue;
    const end = sandboxes.get(sandbox)?.links.find(({ ifindex }) => ifindex === link_index);
    if (end !== undefined) join(`/${ifname}`, `${sandbox}/${end.ifname}`);
  }
  return found;
}

function projectSandbox(name: string, { routes }: Stack, known: Known): SimulatedSandbox {
  const best = (['ipv4', 'ipv6'] as const).flatMap((family) => {
    const [first] = routes
      .filter((route) => route.dst === 'default' && isIpv6(route) === (family === 'ipv6'))
      .filter(({ table = 'main', type = 'unicast' }) => table === 'main' && type === 'unicast')
      .toSorted((a, b) => (a.metric ?? 0) - (b.metric ?? 0));
    return first?.dev === undefined ? [] : [{ family, device: first.dev, source: first.prefsrc }];
  });
  return {
    runId: '',
    stack: known.stacks.get(name) ?? 'own',
    state: known.running.has(name) ? 'running' : 'created',
    addresses: [],
    defaultRoutes: Object.fromEntries(best.map(({ family, device }) => [family, device])),
    defaultSources: Object.fromEntries(
      best.flatMap(({ family, source }) => (source === undefined ? [] : [[family, source]])),
    ),
  };
}
