/** Changes of a projection, as commands on the host. Pure. */
import type { SimulatedInterface, SimulatedState } from '@kleenet/core/testing';
import { OUTSIDE } from './outside.ts';
import type { Known } from './projection.ts';
import type { Reading, Stack } from './reading.ts';
import { rulesetRemovals } from './ruleset.ts';
import { usualPortSetting, usualSetting } from './words.ts';

/** What is to be done, in this order. */
export interface Tampering {
  /** Network namespaces to be removed. */
  readonly namespaces: readonly string[];
  /** Lines of `ip -batch`, each with the namespace that it is for; empty for the host's. */
  readonly lines: readonly { readonly netns: string; readonly line: string }[];
  /** Priorities of rules of policy routing. */
  readonly policies: readonly {
    readonly netns: string;
    readonly family: string;
    readonly priority: string;
  }[];
  /** Settings below `/proc/sys`. */
  readonly settings: readonly {
    readonly netns: string;
    readonly name: string;
    readonly value: string;
  }[];
  /** Removals for nft(8), in JSON. */
  readonly rules: readonly object[];
}

/**
 * Supported changes: interfaces with their fields, removed sandboxes, and removed details, default routes and rules.
 */
export function tampering(
  before: SimulatedState,
  after: SimulatedState,
  reading: Reading,
  known: Known,
): Tampering {
  const gone = Object.keys(before.sandboxes).filter((name) => after.sandboxes[name] === undefined);
  const lost = Object.entries(before.interfaces).filter(
    ([key, { sandbox }]) => after.interfaces[key] === undefined && !gone.includes(sandbox),
  );
  const changed = Object.entries(after.interfaces).map(([key, wanted]) => {
    const stack = wanted.sandbox === '' ? reading.host : reading.sandboxes.get(wanted.sandbox);
    return changesOf({ old: before.interfaces[key], wanted, stack: stack ?? reading.host, known });
  });
  return {
    namespaces: gone,
    lines: [
      ...deletions(lost.map(([, one]) => one)),
      ...changed.flatMap(({ netns, lines }) => lines.map((line) => ({ netns, line }))),
      ...lostRoutes(before, after),
    ],
    policies: changed.flatMap(({ netns, policies }) =>
      policies.map((policy) => ({ netns, ...policy })),
    ),
    settings: changed.flatMap(({ netns, settings }) =>
      settings.map((setting) => ({ netns, ...setting })),
    ),
    rules: rulesetRemovals(reading.ruleset, before.firewall, after.firewall),
  };
}

/** A group that is deleted as fast as one interface: no other has this number. */
const LEAVING = '42424242';

function deletions(lost: readonly SimulatedInterface[]): Tampering['lines'] {
  return [...new Set(lost.map(({ sandbox }) => sandbox))].flatMap((netns) => {
    const names = lost.filter(({ sandbox }) => sandbox === netns).map(({ name }) => name);
    const lines = [
      ...names.map((name) => `link set dev ${name} group ${LEAVING}`),
      `link delete group ${LEAVING}`,
    ];
    return lines.map((line) => ({ netns, line }));
  });
}

interface Change {
  readonly old: SimulatedInterface | undefined;
  readonly wanted: SimulatedInterface;
  readonly stack: Stack;
  readonly known: Known;
}

interface Changes {
  readonly netns: string;
  readonly lines: readonly string[];
  readonly policies: readonly { readonly family: string; readonly priority: string }[];
  readonly settings: readonly { readonly name: string; readonly value: string }[];
}

function changesOf({ old, wanted, stack, known }: Change): Changes {
  const { name, sandbox: netns } = wanted;
  const found = old ?? newInterface(wanted);
  const removed = Object.keys(found.details ?? {}).filter(
    (detail) => wanted.details !== undefined && !(detail in wanted.details),
  );
  const missing = (mine: readonly string[], others: readonly string[]): readonly string[] =>
    mine.filter((one) => !others.includes(one));
  return {
    netns,
    lines: [
      ...(old === undefined ? creationLines(wanted) : []),
      ...(wanted.bridge === found.bridge
        ? []
        : [
            `link set dev ${name} ${wanted.bridge === '' ? 'nomaster' : `master ${wanted.bridge}`}`,
          ]),
      ...(wanted.mac === found.mac || wanted.mac === ''
        ? []
        : [`link set dev ${name} address ${wanted.mac}`]),
      ...(wanted.mtu === found.mtu ? [] : [`link set dev ${name} mtu ${wanted.mtu}`]),
      ...missing(found.addresses, wanted.addresses).map(
        (one) => `address delete ${one} dev ${name}`,
      ),
      ...missing(wanted.addresses, found.addresses).map(
        (one) => `address add ${one} dev ${name}${one.includes(':') ? ' nodad' : ''}`,
      ),
      ...removed.flatMap((detail) => removalLines(detail, name)),
      ...(wanted.details?.['up'] !== undefined && found.details?.['up'] === undefined
        ? [`link set dev ${name} up`]
        : []),
    ],
    policies: removed.flatMap((detail) => {
      const [, family, priority] = /^rule (\S+) (\d+) /.exec(detail) ?? [];
      return family === undefined || priority === undefined ? [] : [{ family, priority }];
    }),
    settings: removed.flatMap((detail) => {
      const file = /^sysctl (.*)$/.exec(detail)?.[1];
      const value =
        file === undefined ? undefined : usualSetting(stack.settings, name, file, known.reference);
      return file === undefined || value === undefined ? [] : [{ name: file, value }];
    }),
  };
}

/** What an interface is right after it was made. */
function newInterface(wanted: SimulatedInterface): SimulatedInterface {
  return { ...wanted, bridge: '', mac: '', mtu: 1500, addresses: [], details: {} };
}

/** The other end of what is foreign is outside. */
function creationLines({ name }: SimulatedInterface): readonly string[] {
  return [
    `link add name ${name} type veth peer name ${name} netns ${OUTSIDE}`,
    `link set dev ${name} addrgenmode none up`,
  ];
}

function removalLines(detail: string, name: string): readonly string[] {
  const space = detail.indexOf(' ');
  const [kind, rest] = space < 0 ? [detail, ''] : [detail.slice(0, space), detail.slice(space + 1)];
  if (kind === 'up') return [`link set dev ${name} down`];
  if (kind === 'port')
    return [`link set dev ${name} type bridge_slave ${rest} ${usualPortSetting(rest)}`];
  if (kind === 'neighbour') return [`neighbour delete ${rest} dev ${name}`];
  if (kind === 'proxy') return [`neighbour delete proxy ${rest} dev ${name}`];
  if (kind === 'route') return [`route delete ${rest}${isUnicast(rest) ? ` dev ${name}` : ''}`];
  if (kind === 'sysctl' || kind === 'rule') return [];
  throw new TypeError(`'${detail}' of ${name} cannot be taken away`);
}

function isUnicast(words: string): boolean {
  return !/^(?:unreachable|blackhole|prohibit|throw) /.test(words);
}

/** All of a family: a sandbox of a projection has the best one only. */
function lostRoutes(before: SimulatedState, after: SimulatedState): Tampering['lines'] {
  return Object.values(before.interfaces).flatMap(({ sandbox, name, details = {} }) => {
    const [old, kept] = [before.sandboxes[sandbox], after.sandboxes[sandbox]];
    if (old === undefined || kept === undefined) return [];
    const lost = Object.entries(ANYWHERE).filter(
      ([family]) => family in old.defaultRoutes && !(family in kept.defaultRoutes),
    );
    return Object.keys(details)
      .filter((detail) => lost.some(([, anywhere]) => detail.startsWith(`route ${anywhere} `)))
      .flatMap((detail) => removalLines(detail, name).map((line) => ({ netns: sandbox, line })));
  });
}

const ANYWHERE = { ipv4: '0.0.0.0/0', ipv6: '::/0' } as const;
