/** What pf does with a packet, by the rules of its anchors: last match, quick, states, translation. For tests. */
import { isIP } from 'node:net';
import { inSubnet, parseRules } from './rules.ts';
import type { Host, Hosts, PfRule, PfRules } from './rules.ts';

export interface Packet {
  readonly protocol: 'tcp' | 'udp' | '58';
  readonly source: string;
  readonly sourcePort: number;
  readonly destination: string;
  readonly port: number;
  /** Whether a TCP packet opens a connection; others, like SYN+ACK, match no stateful rule (flags S/SA). */
  readonly opens: boolean;
  readonly icmpType?: number;
  readonly tag?: string;
}

/** An interface as pf knows it. */
export interface PfInterface {
  readonly name: string;
  readonly groups: readonly string[];
  readonly addresses: readonly string[];
}

export interface PfOptions {
  readonly interfaces: readonly PfInterface[];
  /** Rulesets by anchor; evaluated in the order of their names. */
  readonly anchors: Readonly<Record<string, string>>;
  /** What was added to tables after loading. */
  readonly tables?: Readonly<Record<string, readonly string[]>>;
  /** Filter rules of the administrator above and below `anchor "klee/*"`. */
  readonly above?: string;
  readonly below?: string;
  /** Hears of each rule that decides what becomes of a packet. */
  readonly decides?: (rule: string) => void;
}

type Ends = readonly [string, number, string, number];

/** How a connection looks on the wire and to the host's stack; seen from whoever the packet came in from. */
interface State {
  readonly protocol: string;
  readonly wire: Ends;
  readonly stack: Ends;
  readonly tag: string | undefined;
}

/** The packet as it goes on, or the rule that blocks it. */
export type Verdict = { readonly packet: Packet } | { readonly blockedBy: string };

const PROXY_PORT = 50_001;

export class Pf {
  readonly #rulesets: readonly PfRules[];
  readonly #above: PfRules;
  readonly #below: PfRules;
  readonly #interfaces: readonly PfInterface[];
  readonly #states: State[] = [];
  readonly #decides: (rule: string) => void;
  #ports = PROXY_PORT;

  constructor({
    interfaces,
    anchors,
    tables = {},
    above = '',
    below = '',
    decides = () => undefined,
  }: PfOptions) {
    this.#interfaces = interfaces;
    this.#decides = decides;
    this.#rulesets = Object.keys(anchors)
      .toSorted()
      .map((name) => {
        const rules = parseRules(anchors[name] ?? '');
        return { ...rules, tables: new Map([...rules.tables, ...Object.entries(tables)]) };
      });
    this.#above = parseRules(above);
    this.#below = parseRules(below);
  }

  check(packet: Packet, direction: 'in' | 'out', name: string): Verdict {
    const seen = this.#byState(packet, direction);
    if (seen !== undefined) return { packet: seen };
    const { rule, packet: translated } = this.#translate(packet, direction, name);
    const verdict = this.#decide(translated, direction, name);
    if (verdict !== undefined) this.#decides(verdict.text);
    if (verdict?.action === 'block') return { blockedBy: verdict.text };
    if (rule !== undefined || verdict?.state === true) this.#keep(packet, translated, direction);
    return { packet: translated };
  }

  #byState(packet: Packet, direction: 'in' | 'out'): Packet | undefined {
    const key = direction === 'in' ? endsOf(packet) : reversed(endsOf(packet));
    const state = this.#states.find(
      (one) =>
        one.protocol === packet.protocol &&
        same(direction === 'in' ? one.wire : one.stack, key) &&
        packet.protocol !== '58',
    );
    if (state === undefined) return undefined;
    const ends = direction === 'in' ? state.stack : reversed(state.wire);
    return withEnds({ ...packet, ...(state.tag === undefined ? {} : { tag: state.tag }) }, ends);
  }

  #keep(before: Packet, after: Packet, direction: 'in' | 'out'): void {
    const [arrived, left] = [endsOf(before), endsOf(after)];
    const [wire, stack] =
      direction === 'in' ? [arrived, left] : [reversed(left), reversed(arrived)];
    this.#states.push({ protocol: before.protocol, wire, stack, tag: after.tag });
  }

  /** The first rule counts. `nat` is for what goes out, `rdr` for what comes in. */
  #translate(
    packet: Packet,
    direction: 'in' | 'out',
    name: string,
  ): { readonly rule?: PfRule; readonly packet: Packet } {
    const kind = direction === 'in' ? 'rdr' : 'nat';
    for (const rules of this.#rulesets) {
      const rule = rules.translation.find(
        (one) => one.action.endsWith(kind) && this.#matches(one, rules, packet, direction, name),
      );
      if (rule === undefined) continue;
      this.#decides(rule.text);
      if (rule.target === undefined) return { packet };
      return { rule, packet: this.#apply(rule, packet) };
    }
    return { packet };
  }

  #apply({ action, tag, to, target }: PfRule, packet: Packet): Packet {
    const address = this.#addressOf(target?.host, packet);
    if (action === 'nat') {
      this.#ports += 1;
      return { ...packet, source: address, sourcePort: this.#ports };
    }
    const step = packet.port - (to.ports?.[0] ?? packet.port);
    const port = (target?.port ?? packet.port) + step;
    return { ...packet, destination: address, port, ...(tag === undefined ? {} : { tag }) };
  }

  #addressOf(host: Host | undefined, packet: Packet): string {
    if (host?.kind === 'subnet') return host.subnet.split('/')[0] ?? '';
    const there = this.#interfaces.find(
      ({ name }) => host?.kind === 'dynamic' && name === host.name,
    );
    const found = there?.addresses.find((one) => isIP(one) === isIP(packet.source));
    if (found === undefined) throw new Error('translation to an address that is not there');
    return found;
  }

  #decide(packet: Packet, direction: 'in' | 'out', name: string): PfRule | undefined {
    let last: PfRule | undefined;
    for (const rules of [this.#above, ...this.#rulesets, this.#below]) {
      for (const rule of rules.filter) {
        if (!this.#matches(rule, rules, packet, direction, name)) continue;
        last = rule;
        if (rule.quick) return rule;
      }
    }
    return last;
  }

  #matches(
    rule: PfRule,
    rules: PfRules,
    packet: Packet,
    direction: 'in' | 'out',
    name: string,
  ): boolean {
    const family = packet.source.includes(':') ? 'inet6' : 'inet';
    const groups = this.#interfaces.find((one) => one.name === name)?.groups ?? [];
    return (
      (rule.direction === undefined || rule.direction === direction) &&
      (rule.on === undefined ||
        (rule.on.name === name || groups.includes(rule.on.name)) !== rule.on.not) &&
      (rule.family === undefined || rule.family === family) &&
      (rule.protocol === undefined || rule.protocol === packet.protocol) &&
      (rule.icmpTypes === undefined || rule.icmpTypes.includes(packet.icmpType ?? -1)) &&
      (rule.tagged === undefined || rule.tagged === packet.tag) &&
      (!rule.state || packet.protocol !== 'tcp' || packet.opens) &&
      this.#isHost(rule.from, rules, packet.source, packet.sourcePort) &&
      this.#isHost(rule.to, rules, packet.destination, packet.port)
    );
  }

  #isHost(
    { not, alternatives, ports }: Hosts,
    rules: PfRules,
    address: string,
    port: number,
  ): boolean {
    if (ports !== undefined && (port < ports[0] || port > ports[1])) return false;
    if (alternatives.length === 0) return true;
    return alternatives.some((host) => this.#isOne(host, rules, address)) !== not;
  }

  #isOne(host: Host, { tables }: PfRules, address: string): boolean {
    if (host.kind === 'subnet') return inSubnet(address, host.subnet);
    if (host.kind === 'table') return inTable(tables.get(host.name) ?? [], address);
    return this.#interfaces
      .filter(({ name }) => host.name === 'self' || name === host.name)
      .some(({ addresses }) => addresses.includes(address));
  }
}

/** The longest prefix counts, and may be negated. */
function inTable(entries: readonly string[], address: string): boolean {
  const length = (entry: string): number =>
    Number(entry.split('/')[1] ?? (entry.includes(':') ? 128 : 32));
  const [best] = entries
    .filter((entry) => {
      const plain = entry.replace('!', '');
      return inSubnet(address, plain.includes('/') ? plain : `${plain}/${length(plain)}`);
    })
    .toSorted((a, b) => length(b) - length(a));
  return best !== undefined && !best.startsWith('!');
}

function endsOf({ source, sourcePort, destination, port }: Packet): Ends {
  return [source, sourcePort, destination, port];
}

function reversed([a, b, c, d]: Ends): Ends {
  return [c, d, a, b];
}

function same(a: Ends, b: Ends): boolean {
  return a.every((value, index) => value === b[index]);
}

function withEnds(packet: Packet, [source, sourcePort, destination, port]: Ends): Packet {
  return { ...packet, source, sourcePort, destination, port };
}
