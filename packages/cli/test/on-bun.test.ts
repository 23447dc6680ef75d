/** The tests of what runs another code on Bun, which runs klee as one file, once more there. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { test } from 'uvu';

const top = join(import.meta.dirname, '../../..');
const bun = findBun();

/** There is no Bun for some machines: klee runs on Node.js there. */
function onBun(title: string, body: () => void): void {
  if (bun === undefined) test.skip(title, body);
  else test(title, body);
}

for (const file of ['packages/core/test/digest.test.ts', 'packages/platform/test/runner.test.ts'])
  onBun(`${file} passes`, () => {
    const { status, stdout, stderr } = spawnSync(
      bun ?? '',
      ['--conditions=@kleenet/source', join(top, file)],
      { cwd: top, encoding: 'utf8', env: { ...process.env, NO_COLOR: '1' } },
    );
    assert.equal(status, 0, `${stdout}${stderr}`);
    assert.match(stdout, /Passed: +[1-9]/);
  });

function findBun(): string | undefined {
  const { platform, arch } = process;
  const name = `@oven/bun-${platform}-${arch === 'arm64' ? 'aarch64' : arch}/bin/bun`;
  const folders = createRequire(join(top, 'script/bun/package.json')).resolve.paths('x') ?? [];
  return folders.map((folder) => join(folder, name)).find((path) => existsSync(path));
}

test.run();
