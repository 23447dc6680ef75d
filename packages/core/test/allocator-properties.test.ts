/**
 * The allocator against a model that is too simple to be wrong: a map of all addresses of a small subnet. The subnets
 * lie in the middle and at both ends of each family's space.
 */
import assert from 'node:assert/strict';
import * as fc from 'fast-check';
import { test } from 'uvu';
import { fromNumber, hostCidr, parseCidr, spanOf } from '../src/address/index.ts';
import { type ErrorCode, isKleenetError } from '../src/errors.ts';
import type { Span } from '../src/store.ts';
import { inPool, type PoolParts, type PoolUnderTest } from './support/pools.ts';

interface Plan {
  readonly subnet: string;
  readonly parts: PoolParts;
  readonly steps: readonly Step[];
}

/** `at` and `owner` are counted from the first address, and among the owners. */
type Step =
  | { readonly do: 'choose'; readonly owner: number }
  | { readonly do: 'request'; readonly at: number; readonly owner: number }
  | { readonly do: 'release'; readonly at: number; readonly owner: number }
  | { readonly do: 'change'; readonly parts: PoolParts };

const bases: readonly (readonly [base: string, bits: number])[] = [
  ['0.0.0.0', 32],
  ['10.0.0.64', 32],
  ['255.255.255.192', 32],
  ['::', 128],
  ['::ffff:10.0.0.64', 128],
  ['fd00:ffff:ffff:ffff:ffff:ffff:ffff:ffc0', 128],
  ['ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffc0', 128],
];

const subnets = fc
  .tuple(fc.constantFrom(...bases), fc.integer({ min: 0, max: 6 }))
  .map(([[base, bits], hostBits]) => `${base}/${bits - hostBits}`);

/** Everything that a pool may have, inside the subnet or around it. */
function partsOf(subnet: string): fc.Arbitrary<PoolParts> {
  const { first, last } = spanOf(parseCidr(subnet));
  const family = subnet.includes(':') ? 'ipv6' : 'ipv4';
  const bits = family === 'ipv6' ? 128 : 32;
  const address = fc.bigInt(first, last).map((number) => fromNumber(family, number));
  const part = fc.tuple(fc.bigInt(first, last), fc.nat(3)).map(([number, wanted]) => {
    const size = 1n << BigInt(wanted);
    const fits = (number / size) * size >= first && (number / size) * size + size - 1n <= last;
    const hostBits = fits ? wanted : 0;
    const start = (number >> BigInt(hostBits)) << BigInt(hostBits);
    return `${fromNumber(family, start)}/${bits - hostBits}`;
  });
  const exclusion = fc.oneof(
    { weight: 9, arbitrary: part },
    { weight: 1, arbitrary: fc.constantFrom('0.0.0.0/2', '::/1', 'fe80::/10', subnet) },
  );
  return fc.record(
    {
      gateway: address,
      range: part,
      exclude: fc.array(exclusion, { maxLength: 4 }),
      host: fc.array(address, { maxLength: 3 }),
    },
    { requiredKeys: [] },
  );
}

function stepsOf(subnet: string): fc.Arbitrary<readonly Step[]> {
  const { first, last } = spanOf(parseCidr(subnet));
  // One address on either side is outside.
  const at = fc.integer({ min: -1, max: Number(last - first) + 1 });
  const owner = fc.nat(2);
  const step: fc.Arbitrary<Step> = fc.oneof(
    { weight: 8, arbitrary: fc.record({ do: fc.constant('choose' as const), owner }) },
    { weight: 4, arbitrary: fc.record({ do: fc.constant('request' as const), at, owner }) },
    { weight: 6, arbitrary: fc.record({ do: fc.constant('release' as const), at, owner }) },
    {
      weight: 1,
      arbitrary: fc.record({ do: fc.constant('change' as const), parts: partsOf(subnet) }),
    },
  );
  return fc.array(step, { minLength: 1, maxLength: 150, size: 'max' });
}

const plans: fc.Arbitrary<Plan> = subnets.chain((subnet) =>
  fc.record({ subnet: fc.constant(subnet), parts: partsOf(subnet), steps: stepsOf(subnet) }),
);

/** What the allocator should do, by going through all addresses. */
class Model {
  readonly leases: Map<bigint, string> = new Map();
  readonly #subnet: Span;
  readonly #isIpv6: boolean;
  #parts: PoolParts;
  #cursor: bigint | undefined;

  constructor(subnet: string, parts: PoolParts) {
    this.#subnet = spanOf(parseCidr(subnet));
    this.#isIpv6 = subnet.includes(':');
    this.#parts = parts;
  }

  change(parts: PoolParts): void {
    this.#parts = parts;
  }

  isReserved(number: bigint): boolean {
    const { first, last } = this.#subnet;
    const { gateway, host = [], exclude = [] } = this.#parts;
    const isLink = last - first < 2n;
    if (!isLink && number === first) return true;
    if (!isLink && !this.#isIpv6 && number === last) return true;
    const text = fromNumber(this.#isIpv6 ? 'ipv6' : 'ipv4', number);
    if (text === gateway || host.includes(text)) return true;
    return exclude.some((cidr) => {
      if (cidr.includes(':') !== this.#isIpv6) return false;
      const span = spanOf(parseCidr(cidr));
      return span.first <= number && number <= span.last;
    });
  }

  isFree(number: bigint): boolean {
    return !this.leases.has(number) && !this.isReserved(number);
  }

  choose(owner: string): bigint | ErrorCode {
    const all = this.#candidates();
    const cursor = this.#cursor ?? -1n;
    const ahead = all.filter((number) => number > cursor);
    const chosen = [...ahead, ...all].find((number) => this.isFree(number));
    if (chosen === undefined) return 'POOL_EXHAUSTED';
    this.leases.set(chosen, owner);
    this.#cursor = chosen;
    return chosen;
  }

  request(number: bigint, owner: string): bigint | ErrorCode {
    if (number < this.#subnet.first || number > this.#subnet.last) return 'ADDRESS_OUT_OF_RANGE';
    if (this.leases.has(number)) return 'ADDRESS_IN_USE';
    if (this.isReserved(number)) return 'ADDRESS_RESERVED';
    this.leases.set(number, owner);
    return number;
  }

  release(number: bigint, owner: string): boolean {
    return this.leases.get(number) === owner && this.leases.delete(number);
  }

  stats(): Record<string, bigint> {
    const all = numbers(this.#subnet);
    const count = (holds: (number: bigint) => boolean): bigint => BigInt(all.filter(holds).length);
    const inRange = new Set(this.#candidates());
    return {
      size: BigInt(all.length),
      leased: BigInt(this.leases.size),
      reserved: count((number) => this.isReserved(number) && !this.leases.has(number)),
      free: count((number) => this.isFree(number)),
      freeInRange: count((number) => this.isFree(number) && inRange.has(number)),
    };
  }

  /** The maximal spans of leased addresses, in descending order. */
  spans(): readonly Span[] {
    const found: Span[] = [];
    for (const number of numbers(this.#subnet).filter((one) => this.leases.has(one))) {
      const open = found.at(-1);
      if (open?.last === number - 1n) found[found.length - 1] = { first: open.first, last: number };
      else found.push({ first: number, last: number });
    }
    return found.toReversed();
  }

  #candidates(): readonly bigint[] {
    const { range } = this.#parts;
    return numbers(range === undefined ? this.#subnet : spanOf(parseCidr(range)));
  }
}

function numbers({ first, last }: Span): readonly bigint[] {
  return Array.from({ length: Number(last - first) + 1 }, (_, index) => first + BigInt(index));
}

/** The number of what was allocated, or the code of the refusal. */
function outcome(pool: PoolUnderTest, work: () => string): bigint | ErrorCode {
  try {
    return pool.numberOf(work());
  } catch (error) {
    if (isKleenetError(error)) return error.code;
    throw error;
  }
}

function play(step: Step, pool: PoolUnderTest, model: Model): void {
  if (step.do === 'change') return model.change(step.parts);
  const owner = pool.owners[step.owner] ?? assert.fail();
  if (step.do === 'choose') {
    const actual = outcome(pool, () => pool.allocate(undefined, owner));
    return assert.equal(actual, model.choose(owner));
  }
  const number = spanOf(pool.pool.subnet).first + BigInt(step.at);
  const space = pool.key.family === 'ipv4' ? 2n ** 32n : 2n ** 128n;
  if (number < 0n || number >= space) return;
  const text = pool.textOf(number);
  if (step.do === 'release') {
    return assert.equal(pool.release(text, owner), model.release(number, owner));
  }
  const actual = outcome(pool, () => pool.allocate(text, owner));
  assert.equal(actual, model.request(number, owner));
}

test('the allocator does what the model does', async () => {
  await fc.assert(
    fc.asyncProperty(plans, ({ subnet, parts, steps }) =>
      inPool(subnet, parts, (start) => {
        const model = new Model(subnet, parts);
        let pool = start;
        for (const step of steps) {
          play(step, pool, model);
          if (step.do === 'change') pool = pool.with(step.parts);
          assert.deepEqual(pool.spans(), model.spans());
        }
        const leased = [...model.leases.keys()].toSorted((a, b) => (a < b ? -1 : 1));
        assert.deepEqual(
          pool.leased(),
          leased.map((number) => pool.textOf(number)),
        );
        assert.deepEqual({ ...pool.stats() }, model.stats());
      }),
    ),
    { numRuns: 600 },
  );
});

test('a pool gives each free address once, and is exhausted after exactly that many', async () => {
  const pools = subnets.chain((subnet) => fc.tuple(fc.constant(subnet), partsOf(subnet)));
  await fc.assert(
    fc.asyncProperty(pools, ([subnet, parts]) =>
      inPool(subnet, parts, (pool) => {
        const { freeInRange } = pool.stats();
        const taken = new Set<string>();
        for (let left = freeInRange; left > 0n; left -= 1n) taken.add(pool.allocate());
        assert.equal(BigInt(taken.size), freeInRange);
        assert.equal(pool.stats().freeInRange, 0n);
        assert.equal(
          outcome(pool, () => pool.allocate()),
          'POOL_EXHAUSTED',
        );
        for (const address of taken) assert.ok(pool.release(address));
        assert.deepEqual([pool.spans(), pool.leased()], [[], []]);
        assert.equal(pool.stats().freeInRange, freeInRange);
      }),
    ),
    { numRuns: 300 },
  );
});

test('a lone host of any prefix length can be asked for and had', async () => {
  const anySubnet = fc.constantFrom(4, 6).chain((version) => {
    const bits = version === 4 ? 32 : 128;
    return fc
      .tuple(fc.bigInt(0n, (1n << BigInt(bits)) - 1n), fc.nat(bits))
      .map(([number, prefix]) => {
        const hostBits = BigInt(bits - prefix);
        const first = (number >> hostBits) << hostBits;
        const family = version === 4 ? ('ipv4' as const) : ('ipv6' as const);
        return {
          subnet: `${fromNumber(family, first)}/${prefix}`,
          address: fromNumber(family, number),
        };
      });
  });
  await fc.assert(
    fc.asyncProperty(anySubnet, ({ subnet, address }) =>
      inPool(subnet, {}, (pool) => {
        const before = pool.stats();
        const result = outcome(pool, () => pool.allocate(address));
        if (result === 'ADDRESS_RESERVED') return;
        assert.equal(result, pool.numberOf(address));
        assert.equal(pool.stats().free, before.free - 1n);
        const closed = pool.with({ exclude: [hostCidr(address)] });
        assert.deepEqual(closed.stats(), pool.stats());
      }),
    ),
    { numRuns: 500 },
  );
});

test.run();
