/** What can be left out of a table, and the order in which it is. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { linesOf } from '../src/rules/firewall/lines.ts';

const TABLE = `table inet klee {
	set links {
		type ifname
		flags interval
		elements = { "klc*",
			     "klnbaf42519170d" }
	}

	map ports4 {
		type inet_proto . inet_service : ipv4_addr . inet_service
		elements = { tcp . 8001 : 10.77.1.2 . 5000 }
	}

	chain input {
		type filter hook input priority filter; policy accept;
		icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept
		ip daddr 10.77.1.0/24 drop comment "network lan"
	}
}
`;

test('rules, elements, members of a rule and policies are left out one by one', () => {
  const lines = linesOf(TABLE);
  assert.deepEqual(
    lines.map(({ what, name }) => `${what} ${name}`),
    [
      'element inet set links: "klc*"',
      'element inet set links: "klnbaf42519170d"',
      'element inet map ports4: tcp . 8001 : 10.77.1.2 . 5000',
      'policy inet chain input: policy accept',
      'rule inet chain input: icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept',
      'rule inet chain input: nd-neighbor-solicit of icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept',
      'rule inet chain input: nd-neighbor-advert of icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept',
      'rule inet chain input: ip daddr 10.77.1.0/24 drop comment "network lan"',
    ],
  );
  const without = (index: number): string => lines[index]?.without ?? '';
  assert.match(without(0), /elements = \{ "klnbaf42519170d" \}/);
  assert.doesNotMatch(without(2), /8001/);
  assert.match(without(3), /policy drop/);
  assert.match(without(5), /icmpv6 type \{ nd-neighbor-advert \} accept/);
  assert.doesNotMatch(without(7), /network lan/);
  assert.match(without(7), /icmpv6 type \{ nd-neighbor-solicit, nd-neighbor-advert \} accept/);
});

test('lines that differ in names and addresses only are of one kind', () => {
  const kinds = (text: string): readonly string[] => linesOf(text).map(({ kind }) => kind);
  const other = TABLE.replaceAll('10.77.1.', '10.99.3.')
    .replace('baf42519170d', 'a08bda505511')
    .replace('network lan', 'network office')
    .replace('tcp . 8001', 'udp . 9000');
  assert.deepEqual(kinds(other), kinds(TABLE));
});

test.run();
