/** Every row of "What passes" (docs/firewall.md), tried with every kind of container by the rules as pf evaluates them. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import type { Family } from '@kleenet/core';
import type { PfHost, Party } from '@kleenet/freebsd-model/packets';
import {
  HOST,
  NETWORK_NAMES,
  OUTSIDE,
  PARTIES,
  gatewayOf,
  idOf,
  inFamily,
  intentOf,
  kindOf,
  networkOf,
  opening,
  party,
  publish,
  world,
} from './support/pf-world.ts';

const FAMILIES: readonly Family[] = ['ipv4', 'ipv6'];
const CONTAINERS = [...PARTIES.values()].filter(({ kind }) => kind === 'ipnet' || kind === 'vnet');
const NEIGHBOURS = [...PARTIES.values()].filter(({ name }) => name.endsWith('.neighbour'));

/** Whether a connection from one to the other comes about; otherwise why not. */
function reaches(
  host: PfHost,
  from: Party,
  to: { address: string; port?: number; source?: string },
): string {
  const family = to.address.includes(':') ? 'ipv6' : 'ipv4';
  const source = to.source ?? inFamily(from, family);
  const packet = opening({ source, destination: to.address, port: to.port ?? 7 });
  const result = host.connect(from, packet);
  return 'lost' in result ? `lost (${result.lost})` : `reached ${result.reached.name}`;
}

function expectReached(result: string, name: string, what: string): void {
  assert.equal(result, `reached ${name}`, what);
}

function expectLost(result: string, what: string): void {
  assert.match(result, /^lost \((?:in|out) on \S+: block/, what);
}

/** Hosts with these rules must behave alike. */
const WORLDS: Readonly<Record<string, () => PfHost>> = {
  'a host without other rules': () => world(),
  'a host that sends IPv6 to aliases by their interface': () => world({ loopback6: 'interface' }),
  'a host that blocks what it has no rule for': () =>
    world({ above: 'block drop from any to any\npass out on em0 from any to any\n' }),
};

for (const [where, make] of Object.entries(WORLDS)) {
  for (const family of FAMILIES) {
    test(`${where}, ${family}: containers reach those of their network only, and not without icc`, () => {
      for (const from of CONTAINERS) {
        for (const to of CONTAINERS) {
          if (from.name === to.name) continue;
          const what = `${from.name} to ${to.name}`;
          const result = reaches(make(), from, { address: inFamily(to, family) });
          const network = networkOf(from.name);
          const together = network === networkOf(to.name) && kindOf(network).icc;
          if (together) expectReached(result, to.name, what);
          else expectLost(result, what);
        }
      }
    });

    test(`${where}, ${family}: a container on the host's stack reaches itself`, () => {
      for (const from of CONTAINERS.filter(({ kind }) => kind === 'ipnet')) {
        const result = reaches(make(), from, { address: inFamily(from, family) });
        expectReached(result, from.name, from.name);
      }
    });

    test(`${where}, ${family}: containers reach the host at their gateway, and elsewhere unless internal`, () => {
      for (const from of CONTAINERS) {
        const network = networkOf(from.name);
        for (const name of NETWORK_NAMES.filter((one) => kindOf(one).type === 'bridge')) {
          const what = `${from.name} to the gateway of ${name}`;
          const result = reaches(make(), from, { address: gatewayOf(name, family) });
          if (name === network) expectReached(result, 'host', what);
          else expectLost(result, what);
        }
        const result = reaches(make(), from, { address: HOST[family] });
        if (kindOf(network).internal) expectLost(result, `${from.name} to the host`);
        else expectReached(result, 'host', `${from.name} to the host`);
      }
    });

    test(`${where}, ${family}: containers reach the outside unless internal, as the host`, () => {
      for (const from of CONTAINERS) {
        const { internal } = kindOf(networkOf(from.name));
        const host = make();
        const result = reaches(host, from, { address: OUTSIDE[family] });
        if (internal) {
          expectLost(result, from.name);
          continue;
        }
        expectReached(result, 'outside', from.name);
        const packet = opening({
          source: inFamily(from, family),
          destination: OUTSIDE[family],
          sourcePort: 5,
        });
        const sent = host.send(from, packet);
        assert.equal('packet' in sent && sent.packet.source, HOST[family], from.name);
      }
    });

    test(`${where}, ${family}: nothing new comes in from outside`, () => {
      for (const to of CONTAINERS) {
        const result = reaches(make(), party('outside'), { address: inFamily(to, family) });
        expectLost(result, to.name);
      }
      for (const name of NETWORK_NAMES.filter((one) => kindOf(one).type === 'bridge')) {
        expectLost(reaches(make(), party('outside'), { address: gatewayOf(name, family) }), name);
      }
    });

    test(`${where}, ${family}: neighbours on the user's link are of the network, with icc`, () => {
      for (const from of NEIGHBOURS) {
        for (const to of CONTAINERS) {
          const network = networkOf(from.name);
          const what = `${from.name} to ${to.name}`;
          const result = reaches(make(), from, { address: inFamily(to, family) });
          if (network === networkOf(to.name) && kindOf(network).icc)
            expectReached(result, to.name, what);
          else expectLost(result, what);
        }
      }
    });

    test(`${where}, ${family}: containers reach neighbours on links of the user, unless internal`, () => {
      for (const from of CONTAINERS) {
        for (const to of NEIGHBOURS.filter(({ name }) => networkOf(name) !== 'cell')) {
          const network = networkOf(from.name);
          const what = `${from.name} to ${to.name}`;
          const result = reaches(make(), from, { address: inFamily(to, family) });
          if (!kindOf(network).internal) expectReached(result, to.name, what);
          else expectLost(result, what);
        }
      }
      const own = reaches(make(), party('cell.ip1'), {
        address: inFamily(party('cell.neighbour'), family),
      });
      expectReached(own, 'cell.neighbour', 'an internal network has its own neighbours');
    });

    test(`${where}, ${family}: the host reaches every container`, () => {
      for (const to of CONTAINERS) {
        const address = inFamily(to, family);
        const source = to.kind === 'ipnet' ? address : gatewayOf(networkOf(to.name), family);
        expectReached(reaches(make(), party('host'), { address, source }), to.name, to.name);
        const result = reaches(make(), party('host'), { address, source: HOST[family] });
        expectReached(result, to.name, `${to.name} from ${HOST[family]}`);
      }
    });
  }
}

for (const family of FAMILIES) {
  test(`without NAT containers leave with their own address, and are answered, ${family}`, () => {
    for (const from of ['web.vnet1', 'web.ip1', 'loop.ip1']) {
      const networks = NETWORK_NAMES.map((name) => intentOf(name, { nat: false }));
      const host = world({ intents: { networks } });
      const packet = opening({
        source: inFamily(party(from), family),
        destination: OUTSIDE[family],
      });
      // The outside answers to an address that it would not find without a route.
      const sent = host.send(party(from), packet);
      assert.equal('packet' in sent && sent.packet.source, packet.source);
      const { source, destination, sourcePort, port } = packet;
      const answer = {
        ...packet,
        source: destination,
        destination: source,
        sourcePort: port,
        port: sourcePort,
        opens: false,
      };
      const back = host.send(party('outside'), answer);
      assert.equal('party' in back ? back.party.name : back.lost, from);
    }
  });

  test(`--nat-if translates what leaves there, and nothing else, ${family}`, () => {
    const networks = [intentOf('web', { natInterface: 'em1' }), intentOf('lan')];
    const host = world({ intents: { networks } });
    const from = party('web.vnet1');
    const send = (destination: string): string => {
      const sent = host.send(from, opening({ source: inFamily(from, family), destination }));
      return 'packet' in sent ? sent.packet.source : sent.lost;
    };
    assert.equal(send(OUTSIDE[family]), inFamily(from, family));
    assert.equal(
      send(inFamily(party('lan.neighbour'), family)),
      family === 'ipv4' ? '10.31.0.200' : 'fd31::200',
    );
    const forged = opening({ source: inFamily(from, family), destination: HOST[family] });
    assert.match(host.blockedAt(forged, 'in', 'em1'), /^block/);
  });

  test(`published ports are open to outside, host and other networks, ${family}`, () => {
    for (const name of [
      'web.vnet1',
      'web.ip1',
      'apart.vnet1',
      'apart.ip1',
      'loop.ip1',
      'quiet.ip1',
      'lan.ip1',
      'still.ip1',
    ]) {
      const make = (): PfHost => world({ intents: { published: publish(name) } });
      const own = inFamily(party(name), family);
      expectReached(
        reaches(make(), party('outside'), { address: HOST[family], port: 8080 }),
        name,
        `outside to ${name}`,
      );
      expectLost(
        reaches(make(), party('outside'), { address: own, port: 8080 }),
        `another port of ${name}`,
      );
      for (const from of CONTAINERS) {
        const what = `${from.name} to ${name}`;
        const direct = reaches(make(), from, { address: own, port: 80 });
        const internal = kindOf(networkOf(from.name)).internal;
        if (internal) expectLost(direct, what);
        else if (from.name !== name || from.kind === 'ipnet') expectReached(direct, name, what);
      }
      expectReached(
        reaches(make(), party('host'), { address: own, port: 80, source: HOST[family] }),
        name,
        `host to ${name}`,
      );
    }
  });

  test(`published ports are found at addresses of the host, ${family}`, () => {
    for (const name of ['web.vnet1', 'web.ip1', 'apart.vnet1', 'loop.ip1']) {
      const make = (): PfHost => world({ intents: { published: publish(name) } });
      for (const from of CONTAINERS) {
        const what = `${from.name} to ${name} by the host`;
        const result = reaches(make(), from, { address: HOST[family], port: 8080 });
        const { internal } = kindOf(networkOf(from.name));
        if (internal) expectLost(result, what);
        // What the host, or a jail on its stack, sends to the host is translated only if it stays there.
        else if (from.kind === 'ipnet' && party(name).kind === 'vnet')
          expectReached(result, 'host', what);
        else expectReached(result, name, what);
      }
    }
  });

  test(`a published port does not take over that of a container, ${family}`, () => {
    const host = world({ intents: { published: publish('loop.ip1') } });
    for (const [from, to] of [
      ['web.vnet1', 'web.ip2'],
      ['web.ip1', 'web.ip2'],
      ['lan.neighbour', 'lan.ip1'],
      ['ring.ip1', 'ring.ip1'],
    ] as const) {
      const address = inFamily(party(to), family);
      expectReached(reaches(host, party(from), { address, port: 8080 }), to, `${from} to ${to}`);
    }
  });

  test(`ranges follow in step, and protocols are kept apart, ${family}`, () => {
    const published = publish('web.vnet1', {
      protocol: 'udp',
      hostPorts: [5000, 5010],
      containerPort: 4500,
    });
    const host = world({ intents: { published } });
    const to = (port: number, protocol: 'tcp' | 'udp'): string => {
      const packet = opening({
        source: OUTSIDE[family],
        destination: HOST[family],
        port,
        protocol,
      });
      const sent = host.send(party('outside'), packet);
      return 'lost' in sent ? sent.lost : `${sent.party.name} ${sent.packet.port}`;
    };
    assert.equal(to(5000, 'udp'), 'web.vnet1 4500');
    assert.equal(to(5010, 'udp'), 'web.vnet1 4510');
    assert.equal(to(5011, 'udp'), 'host 5011');
    assert.equal(to(5000, 'tcp'), 'host 5000');
  });

  test(`a port that is published on an interface is open there, and inside, ${family}`, () => {
    for (const name of ['web.vnet1', 'loop.ip1', 'quiet.ip1']) {
      const make = (): PfHost =>
        world({ intents: { published: publish(name, { interface: 'em1' }) } });
      const own = inFamily(party(name), family);
      const em1 = family === 'ipv4' ? '10.31.0.200' : 'fd31::200';
      expectReached(
        reaches(make(), party('lan.neighbour'), { address: em1, port: 8080 }),
        name,
        name,
      );
      expectReached(
        reaches(make(), party('outside'), { address: HOST[family], port: 8080 }),
        'host',
        name,
      );
      expectLost(reaches(make(), party('outside'), { address: own, port: 80 }), name);
      expectReached(reaches(make(), party('shop.vnet1'), { address: own, port: 80 }), name, name);
      expectReached(reaches(make(), party('shop.ip1'), { address: own, port: 80 }), name, name);
    }
  });

  test(`senders are who they are, ${family}`, () => {
    const liar = party('web.vnet1');
    const send = (host: PfHost, source: string, destination: string): string => {
      const sent = host.send(liar, opening({ source, destination }));
      return 'lost' in sent ? sent.lost : `got by ${sent.party.name}`;
    };
    const neighbour = inFamily(party('web.vnet2'), family);
    const stranger = inFamily(party('shop.vnet1'), family);
    assert.match(
      send(world(), inFamily(party('web.ip2'), family), neighbour),
      /^in on epair1121a: block/,
    );
    assert.match(send(world(), stranger, neighbour), /^in on epair1121a: block/);
    // Without its guard, and to the host: only the network is checked.
    assert.match(
      send(world({ unguarded: true }), stranger, neighbour),
      /^in on epair1121a: block drop in quick on ! lo /,
    );
    assert.match(send(world(), stranger, HOST[family]), /^in on kln11aaaaaaaaaa: block/);
    assert.match(send(world(), OUTSIDE[family], HOST[family]), /^in on kln11aaaaaaaaaa: block/);
    assert.equal(send(world(), inFamily(liar, family), neighbour), 'got by web.vnet2');
  });

  test(`nobody outside sends as a container, ${family}`, () => {
    const source = inFamily(party('web.vnet1'), family);
    for (const destination of [
      inFamily(party('web.vnet2'), family),
      HOST[family],
      gatewayOf('web', family),
    ]) {
      const sent = world().send(party('outside'), opening({ source, destination }));
      assert.match('lost' in sent ? sent.lost : 'got through', /^in on em0: block/);
    }
    const spoofed = world().send(
      party('still.neighbour'),
      opening({ source, destination: inFamily(party('web.ip1'), family) }),
    );
    assert.match('lost' in spoofed ? spoofed.lost : 'got through', /^in on em2: block/);
  });

  test(`an administrator's rules for outgoing traffic stay in force, ${family}`, () => {
    const below = 'block drop out on em0 proto tcp from any to any port 25\n';
    for (const name of ['web.vnet1', 'web.ip1', 'lan.ip1']) {
      for (const nat of [true, false]) {
        const networks = NETWORK_NAMES.map((one) => intentOf(one, { nat }));
        const make = (rules: { above?: string; below?: string }): PfHost =>
          world({ intents: { networks }, ...rules });
        const mail = { address: OUTSIDE[family], port: 25 };
        expectLost(reaches(make({ below }), party(name), mail), `${name} below`);
        expectLost(
          reaches(make({ above: below.replace('out on', 'out quick on') }), party(name), mail),
          `${name} above`,
        );
        const sent = make({ below }).send(
          party(name),
          opening({ source: inFamily(party(name), family), destination: OUTSIDE[family] }),
        );
        assert.equal('party' in sent ? sent.party.name : sent.lost, 'outside');
      }
    }
    const service = 'block drop in proto tcp from any to any port 22\n';
    for (const name of ['web.vnet1', 'web.ip1', 'loop.ip1'])
      expectLost(
        reaches(world({ below: service }), party(name), { address: HOST[family], port: 22 }),
        name,
      );
    expectLost(
      reaches(world({ below: service }), party('web.vnet1'), {
        address: gatewayOf('web', family),
        port: 22,
      }),
      'the gateway',
    );
  });

  test(`no rule below opens a network, ${family}`, () => {
    const below = 'pass from any to any\n';
    expectLost(
      reaches(world({ below }), party('outside'), {
        address: inFamily(party('web.vnet1'), family),
      }),
      'outside',
    );
    expectLost(
      reaches(world({ below }), party('shop.vnet1'), {
        address: inFamily(party('web.ip1'), family),
      }),
      'shop',
    );
    expectLost(reaches(world({ below }), party('cave.ip1'), { address: OUTSIDE[family] }), 'cave');
  });
}

for (const family of FAMILIES) {
  test(`clients in another network of a published container appear as the host, ${family}`, () => {
    const beside = [idOf('shop')];
    for (const bound of [{}, { interface: 'em1' }]) {
      const published = publish('web.vnet1', bound).map((one) => ({ ...one, beside }));
      const sourceOf = (from: string): string => {
        const destination = inFamily(party('web.vnet1'), family);
        const source = inFamily(party(from), family);
        const packet = opening({ source, destination, port: 80 });
        const sent = world({ intents: { published } }).send(party(from), packet);
        return 'packet' in sent ? sent.packet.source : sent.lost;
      };
      assert.equal(sourceOf('shop.vnet1'), gatewayOf('web', family));
      assert.equal(sourceOf('loop.ip1'), inFamily(party('loop.ip1'), family));
    }
  });

  test(`a neighbour's published port is found by the host also where the bridge passes nothing on, ${family}`, () => {
    const published = publish('apart.vnet1');
    const make = (): PfHost =>
      world({ intents: { published }, privateBridges: [kindOf('apart').interface] });
    for (const from of ['apart.vnet1', 'apart.vnet2']) {
      for (const address of [HOST[family], gatewayOf('apart', family)])
        expectReached(reaches(make(), party(from), { address, port: 8080 }), 'apart.vnet1', from);
    }
  });

  test(`NAT towards another network opens nothing, and hides nobody there, ${family}`, () => {
    const networks = NETWORK_NAMES.map((name) =>
      intentOf(name, { natInterface: kindOf('shop').interface }),
    );
    for (const name of ['web.vnet1', 'web.ip1', 'lan.ip1']) {
      const host = world({ intents: { networks, published: publish('shop.vnet1') } });
      const address = inFamily(party('shop.vnet2'), family);
      expectLost(reaches(host, party(name), { address }), name);
      const source = inFamily(party(name), family);
      const destination = inFamily(party('shop.vnet1'), family);
      const sent = host.send(party(name), opening({ source, destination, port: 80 }));
      assert.equal('packet' in sent ? sent.packet.source : sent.lost, source);
    }
  });

  test(`everybody on the link hears a container with icc, and nobody without, ${family}`, () => {
    const all = family === 'ipv4' ? ['224.0.0.251', '255.255.255.255'] : ['ff02::fb'];
    for (const destination of all) {
      for (const name of ['web.vnet1', 'vault.vnet1', 'apart.vnet1', 'web.ip1', 'apart.ip1']) {
        const { epair, interface: bridge } = party(name);
        const packet = opening({
          source: inFamily(party(name), family),
          destination,
          protocol: 'udp',
        });
        const above = 'block drop from any to any\n';
        const places =
          epair === undefined
            ? []
            : ([
                ['in', epair],
                ['in', bridge],
              ] as const);
        for (const [direction, place] of [...places, ['out', bridge] as const]) {
          const blocked = world({ above }).blockedAt(packet, direction, place) !== '';
          const what = `${name} to ${destination}, ${direction} on ${place}`;
          assert.equal(blocked, !kindOf(networkOf(name)).icc, what);
        }
      }
    }
  });

  test(`what the user puts into a bridge is in the network, and not in another, ${family}`, () => {
    const above = 'block drop from any to any\n';
    const make = (name: 'web' | 'apart'): PfHost =>
      world({ above, member: { of: name, name: 'em9' } });
    const from = (name: 'web' | 'apart', to: string): string =>
      make(name).blockedAt(
        opening({
          source: inFamily(party(`${name}.vnet2`), family),
          destination: inFamily(party(to), family),
        }),
        'in',
        'em9',
      );
    assert.equal(from('web', 'web.vnet1'), '');
    assert.match(from('web', 'shop.vnet1'), /^block/);
    assert.match(from('apart', 'apart.vnet1'), /^block/);
    assert.match(
      world({ above }).blockedAt(
        opening({
          source: inFamily(party('web.vnet2'), family),
          destination: inFamily(party('web.vnet1'), family),
        }),
        'in',
        'em9',
      ),
      /^block/,
    );
  });
}

test('neighbours answer also where everything else is blocked', () => {
  const above = 'block drop from any to any\n';
  const advert = (destination: string, place: string, icmpType = 136): string =>
    world({ above, member: { of: 'web', name: 'em9' } }).blockedAt(
      opening({ source: 'fe80::1', destination, protocol: '58', icmpType }),
      'in',
      place,
    );
  const web = inFamily(party('web.vnet1'), 'ipv6');
  assert.equal(advert(web, 'em9'), '');
  assert.equal(advert(web, kindOf('web').interface), '');
  assert.equal(advert(inFamily(party('lan.ip1'), 'ipv6'), 'em1'), '');
  assert.match(advert(web, 'em0'), /^block/);
  assert.match(advert(web, kindOf('web').interface, 134), /^block/, 'a router advertisement');
});

test('neighbour discovery is not routed from one network to another', () => {
  const inside = kindOf('web').interface;
  const says = (destination: string): string =>
    world().blockedAt(
      opening({
        source: inFamily(party('web.vnet1'), 'ipv6'),
        destination,
        protocol: '58',
        icmpType: 136,
      }),
      'in',
      inside,
    );
  assert.equal(says(inFamily(party('web.vnet2'), 'ipv6')), '');
  assert.equal(says('ff02::1'), '');
  assert.equal(says('fe80::1'), '');
  assert.match(says(inFamily(party('lan.ip1'), 'ipv6')), /^block/);
});

test('a container is heard as itself only, and is neither router nor DHCP server', () => {
  const { epair = '' } = party('web.vnet1');
  const own = inFamily(party('web.vnet1'), 'ipv6');
  const sends = (change: Parameters<typeof opening>[0]): string =>
    world().blockedAt(opening(change), 'in', epair);
  const discover = { destination: 'ff02::1:ff00:1', protocol: '58', icmpType: 135 } as const;
  for (const source of [own, 'fe80::1', '::'])
    assert.equal(sends({ ...discover, source }), '', source);
  assert.match(sends({ ...discover, source: inFamily(party('web.vnet2'), 'ipv6') }), /^block/);
  assert.match(sends({ ...discover, source: 'fe80::1', icmpType: 134 }), /^block/);
  assert.match(sends({ source: 'fe80::1', destination: 'fe80::2' }), /^block/);
  assert.match(
    sends({ source: '0.0.0.0', destination: '255.255.255.255', protocol: 'udp' }),
    /^block/,
  );
  const lease = { protocol: 'udp', sourcePort: 67, port: 68 } as const;
  assert.match(
    sends({
      ...lease,
      source: inFamily(party('web.vnet1'), 'ipv4'),
      destination: '255.255.255.255',
    }),
    /^block/,
  );
  assert.match(
    sends({ protocol: 'udp', sourcePort: 547, port: 546, source: own, destination: 'ff02::1' }),
    /^block/,
  );
});

test.run();
