import assert from 'node:assert/strict';
import { isIP } from 'node:net';
import * as cidrTools from 'cidr-tools';
import * as fc from 'fast-check';
import { test } from 'uvu';
import {
  contains,
  containsCidr,
  FAMILIES,
  type Cidr,
  type Family,
  type IpAddress,
  fromNumber,
  overlaps,
  parseCidr,
  parseIpAddress,
  parseMacAddress,
  prefixLength,
  spanOf,
  toNumber,
} from '../src/address/index.ts';
import { ipVersion } from '../src/address/notation.ts';
import { isKleenetError } from '../src/errors.ts';
import { parseInterfaceName, parseName } from '../src/names.ts';

const bits: Readonly<Record<Family, number>> = { ipv4: 32, ipv6: 128 };

const family = fc.constantFrom(...FAMILIES);
const numberOf = (of: Family): fc.Arbitrary<bigint> =>
  fc.oneof(
    fc.bigInt(0n, (1n << BigInt(bits[of])) - 1n),
    // Zero groups, mapped addresses and the ends of the space.
    fc
      .constantFrom(0n, 1n, 0xffff_0000_0000n, 0xffff_ffff_ffffn)
      .map((n) => n % (1n << BigInt(bits[of]))),
    fc
      .array(fc.constantFrom<bigint[]>(0n, 0n, 0n, 1n, 0xffffn), {
        minLength: bits[of] / 16,
        maxLength: bits[of] / 16,
      })
      .map((groups) => groups.reduce((number, group) => (number << 16n) | group, 0n)),
  );
const address: fc.Arbitrary<IpAddress> = family.chain((of) =>
  numberOf(of).map((number) => fromNumber(of, number)),
);
const cidr: fc.Arbitrary<Cidr> = family.chain((of) =>
  fc.tuple(numberOf(of), fc.integer({ min: 0, max: bits[of] })).map(([number, prefix]) => {
    const hostBits = BigInt(bits[of] - prefix);
    return parseCidr(`${fromNumber(of, (number >> hostBits) << hostBits)}/${prefix}`);
  }),
);
/** Like an address, but mostly none. */
const nearly = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: fc.constantFrom(...'0123456789abcdefF:./%- \n'.split('')), maxLength: 50 }),
  fc.tuple(fc.ipV6(), fc.string({ maxLength: 4 })).map((parts) => parts.join('')),
  fc
    .tuple(fc.ipV4Extended(), fc.constant('/'), fc.integer().map(String))
    .map((parts) => parts.join('')),
);

test('an address is the address of its number, and canonical text stays as it is', () => {
  fc.assert(
    fc.property(address, (text) => {
      assert.equal(parseIpAddress(text), text);
      assert.equal(parseIpAddress(text.toUpperCase()), text);
      assert.equal(fromNumber(text.includes(':') ? 'ipv6' : 'ipv4', toNumber(text)), text);
    }),
    { numRuns: 2000 },
  );
});

test('every notation of an IPv6 address gives the same canonical text', () => {
  fc.assert(
    fc.property(numberOf('ipv6'), fc.boolean(), (number, upper) => {
      const digits = number.toString(16).padStart(32, '0');
      const full = digits.replace(/....(?=.)/g, '$&:');
      const short = full.replace(/\b0{1,3}/g, '');
      const notations = upper ? [full.toUpperCase(), short.toUpperCase()] : [full, short];
      for (const notation of notations)
        assert.equal(parseIpAddress(notation), fromNumber('ipv6', number));
    }),
    { numRuns: 2000 },
  );
});

test('canonical IPv6 text keeps the rules of RFC 5952', () => {
  fc.assert(
    fc.property(numberOf('ipv6'), (number) => {
      const text = fromNumber('ipv6', number);
      assert.equal(text, text.toLowerCase());
      assert.doesNotMatch(text, /(^|:)0[0-9a-f]/, 'a leading zero');
      const groups = number.toString(16).padStart(32, '0').match(/..../g) ?? [];
      const zeros =
        groups
          .map((group) => (group === '0000' ? '0' : '1'))
          .join('')
          .match(/00+/g) ?? [];
      assert.equal(text.includes('::'), zeros.length > 0);
      if (text.includes('.')) return;
      const shown = text.split(':').filter((group) => group !== '').length;
      assert.equal(
        8 - shown,
        Math.max(0, ...zeros.map((run) => run.length)),
        'not the longest run',
      );
    }),
    { numRuns: 2000 },
  );
});

test('a subnet is canonical, and its bounds fit its prefix', () => {
  fc.assert(
    fc.property(cidr, (text) => {
      assert.equal(parseCidr(text), text);
      const { first, last } = spanOf(text);
      const of = text.includes(':') ? 'ipv6' : 'ipv4';
      assert.equal(last - first + 1n, 1n << BigInt(bits[of] - prefixLength(text)));
      assert.ok(contains(text, fromNumber(of, first)) && contains(text, fromNumber(of, last)));
      if (first > 0n) assert.ok(!contains(text, fromNumber(of, first - 1n)));
      if (last < (1n << BigInt(bits[of])) - 1n)
        assert.ok(!contains(text, fromNumber(of, last + 1n)));
    }),
    { numRuns: 1000 },
  );
});

test('the subnet that is suggested for host bits is one, and holds the address', () => {
  fc.assert(
    fc.property(address, fc.nat(128), (ip, prefix) => {
      try {
        parseCidr(`${ip}/${prefix}`);
      } catch (error) {
        assert.ok(isKleenetError(error));
        const { suggestion } = error.details;
        if (typeof suggestion !== 'string') return assert.ok(prefix > 32 && !ip.includes(':'));
        assert.equal(prefixLength(parseCidr(suggestion)), prefix);
        assert.ok(contains(parseCidr(suggestion), ip));
      }
    }),
    { numRuns: 1000 },
  );
});

test('containment and overlap are those of the bounds', () => {
  const near = cidr.chain((a) =>
    fc.tuple(
      fc.constant(a),
      fc.oneof(cidr, fc.constant(a).map(parentOf), fc.constant(parentOf(parentOf(a)))),
    ),
  );
  fc.assert(
    fc.property(near, fc.boolean(), ([one, other], swap) => {
      const [a, b] = swap ? [other, one] : [one, other];
      const [x, y] = [spanOf(a), spanOf(b)];
      const related = a.includes(':') === b.includes(':');
      assert.equal(overlaps(a, b), related && x.first <= y.last && y.first <= x.last);
      assert.equal(containsCidr(a, b), related && x.first <= y.first && y.last <= x.last);
    }),
    { numRuns: 1000 },
  );
});

function parentOf(text: Cidr): Cidr {
  const [of, prefix] = [text.includes(':') ? 'ipv6' : 'ipv4', prefixLength(text)] as const;
  const hostBits = BigInt(bits[of] - Math.max(0, prefix - 1));
  return parseCidr(
    `${fromNumber(of, (spanOf(text).first >> hostBits) << hostBits)}/${Math.max(0, prefix - 1)}`,
  );
}

test('parsers throw nothing but KleenetError, and what they accept they accept again', () => {
  const parsers: readonly ((text: string) => string)[] = [
    parseIpAddress,
    parseCidr,
    parseMacAddress,
    parseInterfaceName,
    (text) => parseName('network', text),
  ];
  fc.assert(
    fc.property(nearly, fc.constantFrom(...parsers), (text, parse) => {
      try {
        const parsed = parse(text);
        assert.equal(parse(parsed), parsed);
      } catch (error) {
        if (!isKleenetError(error)) throw error;
        assert.doesNotMatch(error.message, /[\p{Cc}\p{Cf}\p{Cs}]/u);
        JSON.stringify(error.details);
      }
    }),
    { numRuns: 5000 },
  );
});

test('a text is an address where node:net says so, zones aside', () => {
  const group = fc.oneof(
    fc.constantFrom('', '0', '1', 'ffff', 'FE80', '00000', 'g', '1.2.3.4', '1.2.3', '01', '256'),
    fc.stringMatching(/^[0-9a-f]{0,5}$/),
  );
  const joined = (separator: string, maxLength: number): fc.Arbitrary<string> =>
    fc.array(group, { maxLength }).map((groups) => groups.join(separator));
  const halves = fc.tuple(joined(':', 8), joined(':', 8)).map((pair) => pair.join('::'));
  const quad = fc.array(fc.nat(300).map(String), { minLength: 3, maxLength: 5 });
  const text = fc.oneof(
    joined(':', 10),
    halves,
    halves.map((one) => `${one}::`),
    quad.map((bytes) => bytes.join('.')),
    quad.map((bytes) => `::ffff:${bytes.join('.')}`),
    quad.map((bytes) => `1:2:3:4:5:6:${bytes.join('.')}`),
    joined('.', 5),
    fc.ipV6(),
    fc.ipV4Extended(),
    fc.string(),
  );
  fc.assert(
    fc.property(text, (one) => {
      fc.pre(!one.includes('%'));
      assert.equal(ipVersion(one), isIP(one), one);
    }),
    { numRuns: 5000 },
  );
  assert.equal(ipVersion('fe80::1%em0'), 0);
});

test('subnets are what cidr-tools says they are', () => {
  fc.assert(
    fc.property(cidr, cidr, address, (one, other, inner) => {
      const { start, end } = cidrTools.parseCidr(one);
      assert.deepEqual(spanOf(one), { first: start, last: end });
      assert.equal(contains(one, inner), cidrTools.containsCidr(one, inner));
      assert.equal(containsCidr(one, other), cidrTools.containsCidr(one, other));
      assert.equal(overlaps(one, other), cidrTools.overlapCidr(one, other));
      assert.equal(toNumber(inner), cidrTools.parseCidr(inner).start);
    }),
    { numRuns: 2000 },
  );
});

test.run();
