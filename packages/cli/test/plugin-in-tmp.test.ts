/** A plugin below /tmp, where everybody may write: what root refuses there says why, and what to do instead. */
import { deepEqual, doesNotMatch, equal, match } from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import { IS_ROOT, onlyAsRoot, writePlugin } from '../../host/test/support/plugins.ts';
import { GOOD, PluginWorld } from './support/plugins.ts';

interface Context {
  world: PluginWorld;
  plugin: string;
}

const test = suite<Context>('a plugin in /tmp');
const rooted = onlyAsRoot(test);

test.before.each((context) => {
  context.world = new PluginWorld();
  context.plugin = writePlugin(join(mkdtempSync('/tmp/klee-plugin-'), 'lab'), GOOD);
});
test.after.each(({ world, plugin }) => {
  world.remove();
  rmSync(join(plugin, '..'), { recursive: true });
});

rooted('root does not run it in place, and is told how to test it', async ({ world, plugin }) => {
  const { status, stdout, stderr } = await world.klee(['plugin', 'test', plugin]);
  deepEqual([status, stdout], [1, '']);
  match(stderr, /^error: .* \/tmp is writable by users other than root \(mode 1777\)\n/);
  match(stderr, /\nhint: .*run it as the user whose it is, or let 'klee plugin add' make a copy/);
  doesNotMatch(stderr, /chmod|chown/);
});

test('it is added as a copy, and that is tested by name', async ({ world, plugin }) => {
  equal(await world.ok(['plugin', 'add', '--yes', plugin]), 'kleenet-driver-lab');
  match(
    await world.ok('plugin test kleenet-driver-lab'),
    /^driver lab keeps the contract on the simulated host: /,
  );
  if (!IS_ROOT) match(await world.ok(['plugin', 'test', plugin]), /^driver lab keeps the contract/);
});

test.run();
