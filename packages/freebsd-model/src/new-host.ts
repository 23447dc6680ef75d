/** A freshly booted host. */
import { parseWithPrefix } from './address.ts';
import { addInterface } from './kernel/interfaces.ts';
import { addMount } from './kernel/mounts.ts';
import { isLater } from './releases.ts';
import type { Card, HostState } from './state.ts';
import { emptyPf, emptyRuleset, emptyStack } from './state.ts';

/** The state of pf: with klee's anchors in its rules, without them, not enabled, not in the kernel. */
export type PfReadiness = 'ready' | 'no-anchors' | 'disabled' | 'missing';

export interface HostOptions {
  /** Default `13.2-RELEASE`. From 13.3 on ifconfig(8) and route(8) have an option -j; from 15 on it is like 15.1. */
  readonly release?: string;
  /** Default `ready`. */
  readonly pf?: PfReadiness;
  /** Default: `ext0` with 192.0.2.10/24 (TEST-NET-1 of RFC 5737), as the simulated host has. */
  readonly interfaces?: readonly Card[];
  /** Of the kernel. Default: all that klee needs. */
  readonly modules?: readonly string[];
  /** In milliseconds: how long each removed jail stays dying. Default 0. */
  readonly dyingTime?: number;
  /** Programs that the host lacks, and modules such as `nullfs.ko`. Default: none. */
  readonly missing?: readonly string[];
  /** Roots of jails without programs. Default: none. */
  readonly bareRoots?: readonly string[];
}

const UPLINK: Card = { name: 'ext0', ether: '02:00:5e:00:53:01', addresses: ['192.0.2.10/24'] };

const MODULES: readonly string[] = ['if_bridge', 'if_epair', 'pf', 'nullfs', 'tmpfs'];

/** The lines of the main ruleset that klee needs, as pfctl shows them. */
const ANCHOR_LINES = {
  nat: ['nat-anchor "klee/*" all', 'rdr-anchor "klee/*" all'],
  rules: ['scrub all fragment reassemble', 'anchor "klee/*" all'],
};

const PF_CONF =
  'scrub all fragment reassemble\nnat-anchor "klee/*"\nrdr-anchor "klee/*"\nanchor "klee/*"\n';

/** @param now - when it is booted, in milliseconds since the epoch */
export function newHost(now: number, options: HostOptions = {}): HostState {
  const { pf = 'ready', interfaces = [UPLINK] } = options;
  const modules = options.modules ?? MODULES;
  const state: HostState = {
    cards: interfaces,
    release: options.release ?? '13.2-RELEASE',
    hostname: 'lab.example',
    hostUuid: '6c1f7d1e-5a0b-11ee-8c99-0242ac120002',
    clockOffset: 0,
    bootTime: now,
    dyingTime: options.dyingTime ?? 0,
    nextInterface: 1,
    nextMac: 1,
    lastJid: 0,
    nextPid: 300,
    nextMount: 1,
    stacks: {},
    jails: [],
    processes: [],
    mounts: [],
    listeners: [],
    modules: modules.filter((name) => name !== 'pf' || pf !== 'missing'),
    environment: {},
    files: pf === 'ready' ? { '/etc/pf.conf': PF_CONF } : {},
    missing: options.missing ?? [],
    bareRoots: [...(options.bareRoots ?? [])],
    pf: emptyPf(pf !== 'missing'),
  };
  if (pf === 'ready') state.pf.main = structuredClone({ ...ANCHOR_LINES, tables: {} });
  if (pf === 'ready' || pf === 'no-anchors') Object.assign(state.pf, { enabled: true, since: now });
  boot(state);
  return state;
}

/** The interfaces and mounts that every boot makes. */
function boot(state: HostState): void {
  state.stacks = { 0: emptyStack() };
  state.mounts = [];
  addMount(state, { source: '/dev/vtbd0', target: '/', type: 'ufs', options: [] });
  addMount(state, { source: 'devfs', target: '/dev', type: 'devfs', options: [] });
  const loopback = addInterface(state, 0, { kind: 'lo', unit: 0, name: 'lo0' });
  loopback.up = true;
  const own = isLater(state.release)
    ? ['127.0.0.1/8', '::1/128', 'fe80::1/64']
    : ['fe80::1/64', '127.0.0.1/8', '::1/128'];
  loopback.addresses = own.map(parseWithPrefix);
  for (const [unit, card] of state.cards.entries()) {
    const one = addInterface(state, 0, { kind: 'ether', unit, name: card.name, ether: card.ether });
    one.up = true;
    one.addresses = card.addresses.map(parseWithPrefix);
  }
}

/** Kernel state is lost. The main ruleset comes from a file. */
export function restart(state: HostState, now: number): void {
  state.bootTime = now;
  state.jails = [];
  state.processes = [];
  state.listeners = [];
  for (const path of Object.keys(state.files))
    if (path.startsWith('/var/run/')) delete state.files[path];
  state.environment = {};
  state.lastJid = 0;
  state.pf.anchors = {};
  state.pf.main = { ...emptyRuleset(), nat: state.pf.main.nat, rules: state.pf.main.rules };
  state.pf.names = [];
  state.pf.since = state.pf.enabled ? now : 0;
  boot(state);
}
