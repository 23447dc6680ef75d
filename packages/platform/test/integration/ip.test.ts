/** What the installed ip(8) makes of batches of removals. */
import assert from 'node:assert/strict';
import { test } from 'uvu';
import { ipBatch, ipRemove } from '@kleenet/platform/linux';
import { createWorld } from './host.ts';

test('missing neighbours keep nothing else from being removed', async () => {
  const { commands } = createWorld();
  const neighbours = ['10.1.1.7', 'fd01::7'];
  await ipBatch(commands, {
    lines: [
      'link add name t0 type veth peer name t1',
      'link set dev t0 up',
      'address add 10.1.1.1/24 dev t0',
      'address add fd01::1/64 dev t0 nodad',
      ...neighbours.map((address) => `neighbour replace proxy ${address} dev t0`),
    ],
  });
  const proxies = neighbours.map((address) => `neighbour delete proxy ${address} dev t0`);
  await ipRemove(commands, {
    lines: [
      'neighbour delete proxy 10.1.1.9 dev t0',
      ...proxies,
      'neighbour delete fd01::9 dev t0',
      'address delete 10.1.1.1/24 dev t0',
      'address delete fd01::1/64 dev t0',
      'link delete dev absent0',
    ],
  });
  const { stdout: proxied } = await commands.read(['ip', 'neighbour', 'show', 'proxy']);
  assert.equal(proxied, '');
  const { stdout: held } = await commands.read([
    'ip',
    '-o',
    'address',
    'show',
    'dev',
    't0',
    'scope',
    'global',
  ]);
  assert.equal(held, '');
});

test.run();
