/** klee as one file: built, taken elsewhere, and used for the main job without this repository. */
import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import { TOP } from '../support/markdown.ts';
import { PacketHost } from '../support/packets.ts';
import type { Finished } from '../support/klee.ts';
import { until } from '../../../core/test/support/waiting.ts';

const PACKAGE = join(TOP, 'packages/cli');
const TARGET = `${process.platform}-${process.arch}`;
/** The exit status of the build where no runtime is installed. */
const NO_RUNTIME = 3;

const folder = mkdtempSync('/run/klee-executable-');
const file = join(folder, 'klee');
const isBuilt = build();
const test = suite('executable');
const each = (title: string, body: () => void | Promise<void>): void => {
  if (isBuilt) test(title, body);
  else test.skip(title, body);
};
test.after(() => rmSync(folder, { recursive: true }));

function build(): boolean {
  const argv = [join(PACKAGE, 'executable.mjs'), TARGET];
  const { status, stderr } = spawnSync(process.execPath, argv, { encoding: 'utf8' });
  if (status === NO_RUNTIME) return false;
  assert.equal(status, 0, stderr);
  copyFileSync(join(PACKAGE, 'dist/executable', `klee-${TARGET}`), file);
  return true;
}

class OneFileHost extends PacketHost {
  override async klee(...words: readonly string[]): Promise<string> {
    const { status, stdout, stderr } = run(words.flatMap((part) => part.split(' ')));
    if (status !== 0) throw new Error(`klee ${words.join(' ')} exited ${status}: ${stderr}`);
    return stdout.trimEnd();
  }
}

/** In a directory with files that are not for klee. */
function run(words: readonly string[], parts: NodeJS.ProcessEnv = {}): Finished {
  const directory = join(folder, 'elsewhere');
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, '.env'), 'KLEE_PLATFORM=nonsense\n');
  writeFileSync(join(directory, 'bunfig.toml'), 'preload = ["./preload.js"]\n');
  writeFileSync(join(directory, 'preload.js'), 'console.log("preloaded"); process.exit(9);\n');
  const { status, stdout, stderr } = spawnSync(file, words, {
    cwd: directory,
    encoding: 'utf8',
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', KLEE_ROOT: join(folder, 'state'), ...parts },
  });
  return { status: status ?? -1, stdout, stderr };
}

each('has its version and its files inside, and reads no settings of others', () => {
  const { version } = JSON.parse(readFileSync(join(PACKAGE, 'package.json'), 'utf8')) as {
    version: string;
  };
  assert.deepEqual(run(['--version']), { status: 0, stdout: `${version}\n`, stderr: '' });
  const made = run(['plugin', 'new', 'zebra', join(folder, 'zebra')]);
  assert.deepEqual(made, { status: 0, stdout: `${join(folder, 'zebra')}\n`, stderr: '' });
  assert.match(run(['system', 'licenses']).stdout, /^Bun \d[^]*\nyargs-parser \d/);
  const refused = run(['network', 'inspect', 'none'], { KLEE_PLATFORM: 'memory' });
  assert.deepEqual([refused.status, refused.stdout], [1, '']);
  assert.match(refused.stderr, /^error: .*none.*\nhint: /);
});

each('gives no program what bin/klee has set for its runtime', () => {
  const folderOfTools = join(folder, 'tools');
  mkdirSync(folderOfTools, { recursive: true });
  const said = join(folder, 'environment');
  writeFileSync(join(folderOfTools, 'nft'), `#!/bin/sh\nenv >${said}\nexit 1\n`, { mode: 0o755 });
  const PATH = `${folderOfTools}:/usr/sbin:/usr/bin:/sbin:/bin`;
  const KLEE_ROOT = join(folder, 'other');
  const set = { BUN_JSC_useJIT: '0', KLEE_STARTED_BY: file };
  run(['network', 'create', '--subnet', '10.72.0.0/24', 'net'], { PATH, KLEE_ROOT, ...set });
  assert.doesNotMatch(readFileSync(said, 'utf8'), /^(BUN_JSC|KLEE_STARTED_BY)/m);
  assert.equal(run(['network', 'rm', 'net'], { KLEE_ROOT }).status, 0);
});

each('comes with a checksum', () => {
  const argv = ['-c', `klee-${TARGET}.sha256`];
  const said = execFileSync('sha256sum', argv, { cwd: join(PACKAGE, 'dist/executable') });
  assert.equal(String(said), `klee-${TARGET}: OK\n`);
});

each('connects containers, and is started again when they end', async () => {
  const host = new OneFileHost();
  await host.klee('network create --subnet 10.71.0.0/24 --subnet6 fd71::/64 net');
  await host.container('one', '-l ipnet -n net', 4000);
  await host.container('two', '-l ipnet', 4000);
  await host.klee('network connect --ip 10.71.0.9 net two');
  await until('an answer', async () => (await host.ask('one', '10.71.0.9', 4000)) !== '');
  assert.equal(await host.ask('one', '10.71.0.9', 4000), 'two 10.71.0.1');
  await host.klee('network disconnect net two');
  assert.equal(await host.ask('one', '10.71.0.9', 4000), '');

  assert.equal(run(['run', '--rm', '-n', 'net', 'host', 'sh', '-c', 'exit 7']).status, 7);
  await host.klee('run -d --rm --name short -n net host true');
  await until('its supervisor has had it removed', async () => {
    return !(await host.klee('container ls -a')).includes('short');
  });
  await host.klee('container rm -f one two');
  await host.klee('network rm net');
  assert.equal(await host.klee('system check'), '');
});

test.run();
