/** What a container on a bridge sends that is not its own, and what it may send all the same. */
import {
  ETHER,
  EXTENSION_HEADERS,
  arp,
  behindHeader,
  discovery,
  firstFragment,
  icmp,
  macOctets,
  udp,
} from './frames.ts';
import type { Sent } from './packets.ts';
import { sent, token } from './scenario.ts';
import type { Nic, Stage } from './stage.ts';
import { HOST } from '../../world/places.ts';

const ALL = 'ff:ff:ff:ff:ff:ff';
const EVERY_NODE = { address: 'ff02::1', mac: '33:33:00:00:00:01' };
const STRANGER = '02:de:ad:be:ef:01';
/** To the bridge itself and not to its ports. The kernel hands that of LLDP (0e) past all rules. */
const BRIDGE_ONLY = '01:80:c2:00:00:03';
const LLDP = 0x88cc;

export interface Liars {
  /** The labels of three containers on one bridge. */
  readonly from: string;
  readonly to: string;
  readonly other: string;
  readonly bridge: string;
}

interface Cast {
  readonly from: string;
  readonly to: string;
  readonly own: Ends;
  readonly peer: Ends;
  readonly other: Ends;
}

interface Ends {
  readonly mac: string;
  readonly v4: string;
  readonly v6: string;
}

export async function forgedOnBridge(stage: Stage, liars: Liars): Promise<readonly Sent[]> {
  const ends = async (label: string): Promise<Ends> => endsOf(await stage.nic(label, 'eth0'));
  const cast: Cast = {
    from: liars.from,
    to: liars.to,
    own: await ends(liars.from),
    peer: await ends(liars.to),
    other: await ends(liars.other),
  };
  return [
    ...forgedFrames(cast),
    ...forgedPackets(cast),
    ...forgedArp(cast),
    ...forgedDiscovery(cast),
  ];
}

function endsOf({ mac, addresses }: Nic): Ends {
  const of = (isWanted: (address: string) => boolean): string => addresses.find(isWanted) ?? '';
  return {
    mac,
    v4: of((one) => !one.includes(':')),
    v6: of((one) => one.includes(':') && !one.startsWith('fe80')),
  };
}

function forgedFrames({ from, to, own, peer }: Cast): readonly Sent[] {
  const tagged = ([own.v4, own.v6] as const).map((source, index) => {
    const name = `tagged ${index}`;
    const destination = index === 0 ? peer.v4 : peer.v6;
    const inner = udp({ source, destination, sourcePort: 9, port: 5000 }, token(name));
    const body = [0, 5, inner.type >> 8, inner.type & 255, ...inner.body];
    const macs = { fromMac: own.mac, toMac: peer.mac };
    return sent(name, { from, at: to }, [macs, ETHER.vlan, body], { arrives: false });
  });
  const lldp = 'to the bridge only';
  return [
    ...tagged,
    sent(
      lldp,
      { from, at: HOST },
      [{ fromMac: own.mac, toMac: BRIDGE_ONLY }, LLDP, [...Buffer.from(token(lldp))]],
      { arrives: false, note: new RegExp(`^heard ${token(lldp)}`) },
    ),
  ];
}

function forgedPackets({ from, to, own, peer, other }: Cast): readonly Sent[] {
  const send = (
    name: string,
    ends: {
      fromMac?: string;
      source: string;
      destination: string;
      sourcePort?: number;
      port?: number;
    },
  ): Sent => {
    const { fromMac = own.mac, source, destination, sourcePort = 9, port = 5000 } = ends;
    const { type, body } = udp({ source, destination, sourcePort, port }, token(name));
    return sent(name, { from, at: to }, [{ fromMac, toMac: peer.mac }, type, body], {
      arrives: false,
    });
  };
  const advertised = icmp(own.v6, EVERY_NODE.address, [134, 0, 64, 0, 0, 0, ...zeros(8)]);
  const redirected = icmp(own.v6, peer.v6, [137, 0, ...zeros(4), ...zeros(32)]);
  return [
    send('as another one', { source: other.v4, destination: peer.v4 }),
    send('as another one over ipv6', { source: other.v6, destination: peer.v6 }),
    send('from another card', { fromMac: STRANGER, source: own.v4, destination: peer.v4 }),
    send('an answer of DHCP', { source: own.v4, destination: peer.v4, sourcePort: 67, port: 68 }),
    send('an answer of DHCPv6', {
      source: own.v6,
      destination: peer.v6,
      sourcePort: 547,
      port: 546,
    }),
    // What follows a header that is named in a fragment may be in another fragment.
    ...Object.values(EXTENSION_HEADERS).map((next) => {
      const name = `a fragment before header ${next}`;
      const ends = { source: own.v6, destination: peer.v6 };
      const { type, body } = firstFragment(ends, next, token(name));
      return sent(name, { from, at: to }, [{ fromMac: own.mac, toMac: peer.mac }, type, body], {
        arrives: false,
      });
    }),
    sent(
      'a router',
      { from, at: to },
      [{ fromMac: own.mac, toMac: EVERY_NODE.mac }, advertised.type, advertised.body],
      { arrives: false, note: new RegExp(`^nd 134 from ${own.mac}`) },
    ),
    sent(
      'a redirect of a neighbour',
      { from, at: to },
      [{ fromMac: own.mac, toMac: peer.mac }, redirected.type, redirected.body],
      { arrives: false, note: /^redirect ipv6$/ },
    ),
  ];
}

function forgedArp({ from, to, own, peer, other }: Cast): readonly Sent[] {
  const send = (
    name: string,
    fromMac: string,
    said: { mac: string; address: string },
    arrives: boolean,
    target = peer.v4,
  ): Sent => {
    const { type, body } = arp(1, said, target);
    const note = new RegExp(
      `^arp 1 from ${fromMac} says ${said.mac} ${said.address} to ${target}$`,
    );
    return sent(name, { from, at: to }, [{ fromMac, toMac: ALL }, type, body], { arrives, note });
  };
  return [
    send('asks with its own address', own.mac, { mac: own.mac, address: own.v4 }, true),
    send('probes for its own', own.mac, { mac: own.mac, address: '0.0.0.0' }, true, own.v4),
    send('probes for another one', own.mac, { mac: own.mac, address: '0.0.0.0' }, false),
    send('asks from another card', STRANGER, { mac: own.mac, address: own.v4 }, false),
    send('probes as another card', own.mac, { mac: STRANGER, address: '0.0.0.0' }, false, own.v4),
    send('asks as another one', own.mac, { mac: own.mac, address: other.v4 }, false),
  ];
}

function forgedDiscovery({ from, to, own, other }: Cast): readonly Sent[] {
  const all = (source: string): { source: string; destination: string } => ({
    source,
    destination: EVERY_NODE.address,
  });
  const { mac, v6 } = own;
  const send = (
    name: string,
    { type, body }: ReturnType<typeof discovery>,
    note: string,
    arrives = false,
  ): Sent =>
    sent(name, { from, at: to }, [{ fromMac: mac, toMac: EVERY_NODE.mac }, type, body], {
      arrives,
      note: new RegExp(`^nd ${note.replace('from', `from ${mac}`)}`),
    });
  const solicit = (source: string, target: string, card?: string): ReturnType<typeof discovery> =>
    discovery(135, all(source), { target, ...(card === undefined ? {} : { mac: card }) });
  const advertise = (target: string): ReturnType<typeof discovery> =>
    discovery(136, all(v6), { target, mac });
  // The last octets of this target stand where a MAC address is looked for.
  const trap = `fd99::1:${wordsOf(mac).join(':')}`;
  return [
    send('tells its own', advertise(v6), `136 from ${v6} ${v6} 32`, true),
    send('probes for its own', solicit('::', v6), `135 from :: ${v6}`, true),
    send('probes for another one', solicit('::', other.v6), `135 from :: ${other.v6}`),
    send('asks as another', solicit(other.v6, 'fd99::2', mac), `135 from ${other.v6} fd99::2`),
    send('asks from elsewhere', solicit(v6, 'fd99::3', STRANGER), `135 from ${v6} fd99::3`),
    send('tells that of another', advertise(other.v6), `136 from ${v6} ${other.v6}`),
    send('tells two cards', twoCards(own), `136 from ${v6} ${v6} 40`),
    send('asks behind a header', behindHeader(solicit(v6, trap)), `135 from ${v6} fd99::1:`),
  ];
}

/** An advertisement of an own address with an own MAC address, and with another one behind it. */
function twoCards({ mac, v6 }: Ends): ReturnType<typeof discovery> {
  const all = { source: v6, destination: EVERY_NODE.address };
  const target = discovery(136, all, { target: v6 }).body.slice(-16);
  const options = [mac, STRANGER].flatMap((card) => [2, 1, ...macOctets(card)]);
  return icmp(v6, EVERY_NODE.address, [136, 0, 0x20, 0, 0, 0, ...target, ...options]);
}

/** A MAC address as three groups of an IPv6 address. */
function wordsOf(mac: string): readonly string[] {
  const digits = mac.replaceAll(':', '');
  return [0, 4, 8].map((at) => Number.parseInt(digits.slice(at, at + 4), 16).toString(16));
}

function zeros(count: number): readonly number[] {
  return Array<number>(count).fill(0);
}
