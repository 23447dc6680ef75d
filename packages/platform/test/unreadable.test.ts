/** Programs that print what klee cannot read: the program is at fault, and is named. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { parseIp } from '@kleenet/core/linux';
import { refusal } from '../../core/test/support/refusals.ts';
import { parseJails } from '../src/freebsd/jls.ts';
import { parseRoutes } from '../src/freebsd/netstat.ts';
import { parseListing } from '../src/linux/nft.ts';
import { parseContainers } from '../src/linux/runtime.ts';

const PARSERS: Readonly<Record<string, (text: string) => unknown>> = {
  ip: parseIp,
  nft: parseListing,
  'the OCI runtime': parseContainers,
  jls: parseJails,
  netstat: parseRoutes,
};

for (const [program, parse] of Object.entries(PARSERS)) {
  test(`${program}: cut, of another form, or no JSON at all`, () => {
    for (const text of ['{"nftables": [{"a', '[{"ifname":"e', '\u0001garbage', '12', '"text"']) {
      const { message, hint } = refusal(() => parse(text), 'PLATFORM_COMMAND_FAILED');
      assert.match(
        message,
        new RegExp(`^${program} succeeded, but printed what klee cannot read: `),
      );
      assert.ok(hint !== undefined);
    }
  });
}

test('nothing is a list without members, as some runtimes and versions print it', () => {
  for (const text of ['', '\n', 'null\n', '[]'])
    assert.deepEqual(parseContainers(text), [], JSON.stringify(text));
  assert.deepEqual(parseIp('\n'), []);
});

test.run();
