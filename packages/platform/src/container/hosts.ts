/** The text of hosts(5) in containers, the part of it that is kept, and the size limits of one command. Pure. */
import type { Container, HostsEntry } from '@kleenet/core';

export interface HostNames {
  /** The address of a container's own name when it has no other addresses. */
  readonly own: string;
  /** The names of the host itself. */
  readonly host: string;
}

/** The two lines around klee's part: everything outside them belongs to the container. */
const BEGIN = '# klee: begin of the names that klee keeps current; yours go below the end of them';
const END = '# klee: end';

/** Names for the reader's own machine, whatever a container is called. */
const LOOPBACK = ['localhost', 'localhost.localdomain', 'ip6-localhost', 'ip6-loopback'];

/** klee's part of hosts(5): the container itself, then the containers that share a network with it. */
export function hostsText(
  { name }: Pick<Container, 'name'>,
  entries: readonly HostsEntry[],
  { own, host }: HostNames,
): string {
  const reserved = new Set([...LOOPBACK, ...namesOfHost(host)]);
  const others = entries.filter(
    ({ names }) => names.includes(name) || !names.some((other) => isReserved(other, reserved)),
  );
  const usual = [
    { address: '127.0.0.1', names: ['localhost'] },
    { address: '::1', names: ['localhost', 'ip6-localhost', 'ip6-loopback'] },
  ];
  const all = isReserved(name, new Set(LOOPBACK))
    ? [...usual, ...others.filter(({ names }) => !names.includes(name))]
    : [...usual, ...ownEntry(name, others, own), ...others];
  const lines = all.map(({ address, names }) => `${address}\t${names.join(' ')}`);
  return `${[BEGIN, ...lines, END].join('\n')}\n`;
}

/**
 * The same for many containers. Those with the very same list of entries share one text, unless one has a name of its
 * host, or is not among the entries itself.
 */
export function hostsTexts<T extends Pick<Container, 'name'>>(
  hosts: readonly { readonly container: T; readonly entries: readonly HostsEntry[] }[],
  names: HostNames,
): readonly { readonly container: T; readonly text: string }[] {
  const reserved = new Set([...LOOPBACK, ...namesOfHost(names.host)]);
  const shared = new Map<readonly HostsEntry[], { has: ReadonlySet<string>; text?: string }>();
  return hosts.map(({ container, entries }) => {
    const known = shared.get(entries) ?? { has: new Set(entries.flatMap((one) => one.names)) };
    shared.set(entries, known);
    if (isReserved(container.name, reserved) || !known.has.has(container.name))
      return { container, text: hostsText(container, entries, names) };
    known.text ??= hostsText(container, entries, names);
    return { container, text: known.text };
  });
}

/** Whether a hosts file has this text for klee's part, in its place; what follows is the container's. */
export function isHostsText(file: string, text: string): boolean {
  if (!file.startsWith(text)) return false;
  const rest = file.slice(text.length);
  return rest === '' || (/[^\n]\n$/.test(rest) && !/^# klee: begin/m.test(rest));
}

/**
 * What a hosts file has besides klee's part, as others.sh prints it. If the end marker is lost, klee's part extends to the
 * end of the file, so that no stale name stays.
 */
export function foreignHosts(file: string): string {
  const all = file.replaceAll('\0', '');
  let foreign = '';
  for (let at = 0; at !== -1;) {
    const begin = lineWith('# klee: begin', all, at);
    foreign += all.slice(at, begin === -1 ? undefined : begin);
    const end = begin === -1 ? -1 : lineWith('# klee: end', all, begin);
    const next = end === -1 ? -1 : all.indexOf('\n', end);
    at = next === -1 ? -1 : next + 1;
  }
  const text = foreign.replace(/\n+$/, '');
  return text === '' ? '' : `${text}\n`;
}

/** Where the next line begins that begins so, from the beginning of a line on; -1 for none. */
function lineWith(mark: string, text: string, from: number): number {
  if (text.startsWith(mark, from)) return from;
  const found = text.indexOf(`\n${mark}`, from);
  return found === -1 ? -1 : found + 1;
}

/** Programs use the first line of a name: a container's own addresses take precedence over loopback. */
function ownEntry(
  name: string,
  entries: readonly HostsEntry[],
  own: string,
): readonly { readonly address: string; readonly names: readonly string[] }[] {
  const known = entries.some(({ names }) => names.includes(name));
  return known ? [] : [{ address: own, names: [name] }];
}

/** The host's name, and its first label. */
function namesOfHost(host: string): readonly string[] {
  const full = host.trim().toLowerCase();
  return full === '' ? [] : [full, full.split('.')[0] ?? full];
}

/** Names are case-insensitive. */
function isReserved(name: string, reserved: ReadonlySet<string>): boolean {
  const lower = name.toLowerCase();
  return reserved.has(lower) || lower.endsWith('.localhost');
}

/** Groups items whose sizes add up to at most `limit`; a larger item is alone in its group. */
export function inBatches<T>(
  items: readonly T[],
  limit: number,
  sizeOf: (item: T) => number,
): readonly (readonly T[])[] {
  const batches: T[][] = [];
  let room = 0;
  for (const item of items) {
    room -= sizeOf(item);
    if (room < 0) {
      batches.push([]);
      room = limit - sizeOf(item);
    }
    batches.at(-1)?.push(item);
  }
  return batches;
}

/** Files with the same text, and the text. Containers on the same networks share one. */
export function sharedTexts<T extends { readonly text: string }>(
  files: readonly T[],
): ReadonlyMap<string, readonly T[]> {
  const byText = new Map<string, T[]>();
  for (const file of files) {
    const same = byText.get(file.text);
    if (same === undefined) byText.set(file.text, [file]);
    else same.push(file);
  }
  return byText;
}
