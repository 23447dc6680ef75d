/** The whole state of a modelled FreeBSD host. A JSON value. */
import type { Family } from '@kleenet/core';

/** The kind of an interface. `ether` is a network card, which cannot be made or destroyed. */
export type InterfaceKind = 'lo' | 'bridge' | 'epair' | 'vxlan' | 'ether';

export interface InterfaceAddress {
  readonly family: Family;
  readonly address: string;
  readonly prefix: number;
  /** The end of duplicate address detection, in milliseconds since the epoch; absent if there is none. */
  readonly tentativeUntil?: number;
  /** The routing table that its routes are in: that of the interface when it was added. Absent for 0. */
  readonly fib?: number;
}

/** A port of a bridge. */
interface BridgeMember {
  /** The id of the interface. */
  readonly id: number;
  private: boolean;
}

/** A static entry of a bridge. */
interface StaticEntry {
  readonly ether: string;
  readonly member: number;
}

export interface NetworkInterface {
  /** A permanent id: names change, and two interfaces may share one. */
  readonly id: number;
  readonly kind: InterfaceKind;
  /** The number that its cloner gave it; taken until it is destroyed, whatever its name. */
  readonly unit: number;
  /** The jail (0 for the host) in whose stack it was made, and to which it returns. */
  readonly home: number;
  name: string;
  /** The interface number in its present stack: `link#2`, `scopeid 0x2`, `port 2`. */
  index: number;
  up: boolean;
  promiscuous: boolean;
  mtu: number;
  /** Empty where there is none. */
  ether: string;
  readonly hardwareEther: string;
  description: string;
  /** In the order in which it joined them. */
  groups: string[];
  /** In the order of the kernel's list. */
  addresses: InterfaceAddress[];
  ifDisabled: boolean;
  autoLinkLocal: boolean;
  noDad: boolean;
  acceptRtadv: boolean;
  /** The routing table for what is received here. Absent for 0. */
  fib?: number;
  /** The other end of an epair. */
  readonly peer?: number;
  /** For a bridge. In the order in which they were added. */
  members: BridgeMember[];
  statics: StaticEntry[];
  /** Whether a bridge has ever been up. */
  started: boolean;
}

/** An added route. */
interface StaticRoute {
  readonly destination: string;
  readonly prefix: number;
  /** Empty for a route to a link. */
  readonly gateway: string;
  /** The id of the interface that it leaves by. */
  readonly interface: number;
  /** The routing table that it is in. Absent for 0. */
  readonly fib?: number;
}

/** A network stack: the host's, or a jail's own. */
export interface Stack {
  /** In the order in which they came. */
  interfaces: NetworkInterface[];
  routes: StaticRoute[];
  sysctls: Record<string, string>;
  /** Host routes that lost their interface while another one had the address too, by address: the index of that one. */
  inherited: Record<string, number>;
}

export interface Jail {
  readonly jid: number;
  name: string;
  readonly path: string;
  readonly vnet: boolean;
  /** The host's addresses that it has. */
  readonly modes: Readonly<Record<Family, 'disable' | 'inherit'>>;
  addresses: Record<Family, string[]>;
  readonly cpuset: number;
  /** Parameters that were set, without those above. */
  parameters: Record<string, string>;
  /** In milliseconds since the epoch: until when open connections keep it dying after its removal. 0 for never. */
  lingersUntil: number;
  dying: boolean;
}

/** A process in a jail. */
export interface Process {
  readonly pid: number;
  readonly jid: number;
  readonly command: string;
  /** Signals that do not end it. */
  readonly ignores: readonly string[];
  /** The file that records its exit status, if it has a supervisor. */
  readonly statusFile?: string;
}

/** A listening socket. */
interface Listener {
  /** The jail that its process is in; absent for the host itself. */
  readonly jid?: number;
  readonly command: string;
  /** `?` where no process has the socket open. */
  readonly pid: number | '?';
  /** As sockstat(1) shows it: `tcp4`, `udp6`, `tcp46`. */
  readonly protocol: string;
  /** `*:22`, `192.0.2.10:22`. */
  readonly local: string;
}

export interface Mount {
  /** The kernel's own name of it: 16 hexadecimal digits. */
  readonly fsid: string;
  readonly source: string;
  readonly target: string;
  readonly type: string;
  readonly options: readonly string[];
}

/** A packet filter table. Addresses as pfctl shows them. */
export interface PfTable {
  readonly persist: boolean;
  readonly addresses: string[];
}

/** The rules of one anchor, or of the main ruleset: as pfctl shows them. */
export interface PfRuleset {
  nat: string[];
  rules: string[];
  tables: Record<string, PfTable>;
  /** For an anchor that has had tables: it persists when it is empty. */
  kept?: true;
}

export interface Pf {
  /** Whether the kernel has pf. */
  present: boolean;
  enabled: boolean;
  /** When it was enabled or disabled last, in milliseconds since the epoch; 0 for never. */
  since: number;
  main: PfRuleset;
  skip: string[];
  /** The names of interfaces and groups that rules have used. */
  names: string[];
  anchors: Record<string, PfRuleset>;
}

/** A network card, and its configuration at boot. */
export interface Card {
  readonly name: string;
  readonly ether: string;
  /** `ADDRESS/PREFIX` each. */
  readonly addresses: readonly string[];
}

export interface HostState {
  readonly cards: readonly Card[];
  readonly release: string;
  readonly hostname: string;
  readonly hostUuid: string;
  /** In milliseconds: how far the host's clock is ahead of the real one. */
  clockOffset: number;
  /** The kernel's boot time, in milliseconds since the epoch. */
  bootTime: number;
  /** The default time that a removed jail stays dying, in milliseconds. 0 for none. */
  dyingTime: number;
  nextInterface: number;
  nextMac: number;
  lastJid: number;
  nextPid: number;
  nextMount: number;
  /** By jail; 0 is the host. */
  stacks: Record<string, Stack>;
  jails: Jail[];
  processes: Process[];
  mounts: Mount[];
  listeners: Listener[];
  modules: string[];
  /** The kernel environment. */
  environment: Record<string, string>;
  /** Files that exist only in the model, by path. */
  files: Record<string, string>;
  /** Programs that the host lacks. */
  readonly missing: readonly string[];
  /** Roots of jails without programs. */
  bareRoots: string[];
  pf: Pf;
}

export function emptyStack(): Stack {
  return { interfaces: [], routes: [], sysctls: {}, inherited: {} };
}

export function emptyPf(present: boolean): Pf {
  return {
    present,
    enabled: false,
    since: 0,
    main: emptyRuleset(),
    skip: [],
    names: [],
    anchors: {},
  };
}

export function emptyRuleset(): PfRuleset {
  return { nat: [], rules: [], tables: {} };
}
