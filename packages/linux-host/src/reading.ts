/** What there is in a network namespace, as ip(8), nft(8) and the kernel's files tell it. */
import type { CommandRunner } from '@kleenet/core/driver';
import { OUTSIDE } from './outside.ts';
import { LOOK, LOOK_INSIDE } from './scripts/embedded.ts';
import { hostSettings } from './settings.ts';

/** An interface, as `ip -j -d address show` prints it; only what is looked at. */
export interface LinkObject {
  readonly ifindex: number;
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly mtu: number;
  readonly qdisc?: string;
  readonly address?: string;
  readonly ifalias?: string;
  readonly master?: string;
  /** The other end, or the parent: by name in the same namespace, by index in another. */
  readonly link?: string;
  readonly link_index?: number;
  readonly link_netnsid?: number;
  readonly linkinfo?: {
    readonly info_kind?: string;
    readonly info_slave_data?: Readonly<Record<string, unknown>>;
  };
  readonly addr_info?: readonly { readonly local?: string; readonly prefixlen?: number }[];
}

export interface RouteObject {
  readonly dst: string;
  readonly type?: string;
  readonly dev?: string;
  readonly table?: string;
  readonly protocol?: string;
  readonly scope?: string;
  readonly gateway?: string;
  readonly metric?: number;
  readonly prefsrc?: string;
  readonly flags?: readonly string[];
  readonly metrics?: readonly Readonly<Record<string, unknown>>[];
  /** Of IPv6 routes only. */
  readonly pref?: string;
}

export interface NeighbourObject {
  readonly dst: string;
  readonly dev: string;
  readonly lladdr?: string;
  readonly state?: readonly string[];
  /** Present, without a value, for a proxied address. */
  readonly proxy?: null;
}

export interface RuleObject {
  readonly priority: number;
  readonly [member: string]: unknown;
}

/** One network namespace. */
export interface Stack {
  readonly links: readonly LinkObject[];
  readonly routes: readonly RouteObject[];
  readonly neighbours: readonly NeighbourObject[];
  /** Of policy routing, by family. */
  readonly rules: { readonly ipv4: readonly RuleObject[]; readonly ipv6: readonly RuleObject[] };
  /** By file, below `/proc/sys` or `/sys`. */
  readonly settings: ReadonlyMap<string, string>;
}

/** One kind of object of nft(8) in JSON, with its name. */
export type NftObject = Readonly<Record<string, Readonly<Record<string, unknown>>>>;

/** The whole host. */
export interface Reading {
  readonly host: Stack;
  /** By the name of the namespace. */
  readonly sandboxes: ReadonlyMap<string, Stack>;
  /** The names of namespaces by the number that the host has for them. */
  readonly numbers: ReadonlyMap<number, string>;
  readonly ruleset: readonly NftObject[];
}

/** Reads everything but what is outside. A namespace that goes away meanwhile is absent. */
export async function readHost(commands: CommandRunner): Promise<Reading> {
  const [host, named, ruleset] = await Promise.all([
    readHostStack(commands),
    readNamespaces(commands),
    readRuleset(commands),
  ]);
  const stacks = await Promise.all(
    named
      .filter(({ name }) => name !== OUTSIDE)
      .map(async ({ name }) => [name, await readInside(commands, name)] as const),
  );
  return {
    host,
    sandboxes: new Map(stacks.filter(([, { links }]) => links.length > 0)),
    numbers: numbersOf(named),
    ruleset,
  };
}

/** Only the interfaces of the host, and the names of its namespaces by their numbers. */
export async function readLinks(
  commands: CommandRunner,
): Promise<{ readonly links: readonly LinkObject[]; readonly numbers: Reading['numbers'] }> {
  const [{ stdout }, named] = await Promise.all([
    commands.read(['ip', '-j', '-d', 'link', 'show']),
    readNamespaces(commands),
  ]);
  return { links: JSON.parse(stdout) as LinkObject[], numbers: numbersOf(named) };
}

function numbersOf(named: readonly NamedNamespace[]): Reading['numbers'] {
  return new Map(named.flatMap(({ id, name }) => (id === undefined ? [] : [[id, name]])));
}

async function readHostStack(commands: CommandRunner): Promise<Stack> {
  const { stdout } = await commands.read(['sh', '-c', LOOK.text, LOOK.name]);
  return { ...parseStack(stdout.split('\n')), settings: hostSettings() };
}

async function readInside(commands: CommandRunner, name: string): Promise<Stack> {
  const script = ['sh', '-c', LOOK_INSIDE.text, LOOK_INSIDE.name] as const;
  const { stdout } = await commands.read(['ip', 'netns', 'exec', name, ...script], {
    accept: 'any',
  });
  const lines = stdout.split('\n');
  return { ...parseStack(lines), settings: new Map(lines.flatMap(settingOf)) };
}

function parseStack(lines: readonly string[]): Omit<Stack, 'settings'> {
  const lists = lines
    .filter((line) => line.startsWith('['))
    .map((line) => JSON.parse(line) as unknown);
  const [links = [], routes = [], neighbours = [], proxies = [], ipv4 = [], ipv6 = []] = lists;
  return {
    links: (links as LinkObject[]).filter(({ ifname }) => ifname !== undefined),
    routes: routes as RouteObject[],
    neighbours: [...(neighbours as NeighbourObject[]), ...(proxies as NeighbourObject[])],
    rules: { ipv4: ipv4 as RuleObject[], ipv6: ipv6 as RuleObject[] },
  };
}

function settingOf(line: string): readonly (readonly [string, string])[] {
  const [, file, value] = /^\/(?:proc\/sys|sys)\/([^:]+):(.*)$/.exec(line) ?? [];
  return file === undefined || value === undefined ? [] : [[file, value]];
}

interface NamedNamespace {
  readonly name: string;
  readonly id?: number;
}

async function readNamespaces(commands: CommandRunner): Promise<readonly NamedNamespace[]> {
  const { stdout } = await commands.read(['ip', '-j', 'netns', 'list']);
  return stdout.trim() === '' ? [] : (JSON.parse(stdout) as NamedNamespace[]);
}

async function readRuleset(commands: CommandRunner): Promise<readonly NftObject[]> {
  const { stdout } = await commands.read(['nft', '-j', 'list', 'ruleset']);
  return (JSON.parse(stdout) as { readonly nftables: readonly NftObject[] }).nftables;
}
