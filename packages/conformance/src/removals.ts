/** Takes away or changes what attach made on a host, behind the driver's back. Pure. */
import type { SimulatedInterface, SimulatedState } from '@kleenet/core/testing';

export interface Removal {
  readonly what: string;
  readonly remove: (state: SimulatedState) => void;
}

/** A MAC address that no endpoint has, from the documentation range (RFC 7042, 2.1.1). */
const OTHER_MAC = '00:00:5e:00:53:77';

/**
 * One removal for everything that `after` has and `before` has not: interfaces, and what they have; what sandboxes see;
 * entries of the firewall. A MAC address counts if it is that of the endpoint: the driver chose no other.
 */
export function removals(
  before: SimulatedState,
  after: SimulatedState,
  mac?: string,
): readonly Removal[] {
  return [
    ...Object.keys(after.interfaces).flatMap((key) => interfaceRemovals(key, before, after, mac)),
    ...sandboxRemovals(before, after),
    ...firewallRemovals(before.firewall, after.firewall),
  ];
}

function interfaceRemovals(
  key: string,
  before: SimulatedState,
  after: SimulatedState,
  mac: string | undefined,
): readonly Removal[] {
  const [old, now] = [before.interfaces[key], after.interfaces[key]];
  if (now === undefined) return [];
  const change = (what: string, apply: (one: SimulatedInterface) => void): Removal => ({
    what: `${what} of ${key}`,
    remove(state) {
      const one = state.interfaces[key];
      if (one !== undefined) apply(one);
    },
  });
  const details = Object.entries(now.details ?? {});
  return [
    ...(old === undefined ? [withoutInterface(key, now)] : []),
    ...now.addresses
      .filter((address) => old?.addresses.includes(address) !== true)
      .map((address) =>
        change(`the address ${address}`, (one) => {
          one.addresses = one.addresses.filter((other) => other !== address);
        }),
      ),
    ...(now.bridge === '' || now.bridge === old?.bridge
      ? []
      : [change(`the place in ${now.bridge}`, (one) => void (one.bridge = ''))]),
    ...(mac === undefined || now.mac !== mac || old?.mac === mac
      ? []
      : [change('the MAC address', (one) => void (one.mac = OTHER_MAC))]),
    ...(now.mtu === old?.mtu || old !== undefined
      ? []
      : [change('the MTU', (one) => void (one.mtu = now.mtu - 100))]),
    ...details
      .filter(([name, value]) => old?.details?.[name] !== value)
      .map(([name, value]) =>
        change(`'${name}' (${value})`, (one) => {
          delete one.details?.[name];
        }),
      ),
  ];
}

/** One end of a pair goes with the other. */
function withoutInterface(key: string, { peer }: SimulatedInterface): Removal {
  return {
    what: `the interface ${key}`,
    remove(state) {
      delete state.interfaces[key];
      if (peer !== undefined) delete state.interfaces[peer];
    },
  };
}

function sandboxRemovals(before: SimulatedState, after: SimulatedState): readonly Removal[] {
  return Object.entries(after.sandboxes).flatMap(([name, { addresses, defaultRoutes }]) => {
    const old = before.sandboxes[name];
    const routes = Object.entries(defaultRoutes) as ['ipv4' | 'ipv6', string][];
    return [
      ...addresses
        .filter((address) => old?.addresses.includes(address) !== true)
        .map((address) => ({
          what: `the address ${address} of the sandbox ${name}`,
          remove(state: SimulatedState) {
            const sandbox = state.sandboxes[name];
            if (sandbox !== undefined)
              sandbox.addresses = sandbox.addresses.filter((one) => one !== address);
          },
        })),
      ...routes
        .filter(([family, device]) => old?.defaultRoutes[family] !== device)
        .map(([family]) => ({
          what: `the ${family} default route of the sandbox ${name}`,
          remove(state: SimulatedState) {
            delete state.sandboxes[name]?.defaultRoutes[family];
          },
        })),
    ];
  });
}

/** The lines that attach added, each alone, and each section as a whole: its lines are indented. */
function firewallRemovals(before: string, after: string): readonly Removal[] {
  const known = new Set(sections(before).map(({ title }) => title));
  return sections(after)
    .filter(({ title }) => !known.has(title))
    .flatMap(({ title, lines }) => [
      {
        what: `the firewall's ${title}`,
        remove: (state: SimulatedState) => withoutSection(state, title),
      },
      ...lines.map((line) => ({
        what: `'${line.trim()}' in the firewall's ${title}`,
        remove: (state: SimulatedState) => withoutLine(state, title, line),
      })),
    ]);
}

interface Section {
  readonly title: string;
  readonly lines: readonly string[];
}

function sections(text: string): readonly Section[] {
  const found: { title: string; lines: string[] }[] = [];
  for (const line of text.split('\n').filter((one) => one !== '')) {
    if (line.startsWith(' ')) found.at(-1)?.lines.push(line);
    else found.push({ title: line, lines: [] });
  }
  return found;
}

function withoutSection(state: SimulatedState, title: string): void {
  state.firewall = textOf(sections(state.firewall).filter((one) => one.title !== title));
}

function withoutLine(state: SimulatedState, title: string, line: string): void {
  state.firewall = textOf(
    sections(state.firewall).map((one) =>
      one.title === title ? { title, lines: one.lines.filter((other) => other !== line) } : one,
    ),
  );
}

function textOf(all: readonly Section[]): string {
  return all.flatMap(({ title, lines }) => [title, ...lines]).join('\n');
}
