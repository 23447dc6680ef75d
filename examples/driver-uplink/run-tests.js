// Runs the tests. Those that need a Linux host find one in namespaces of their own, where this machine permits these; elsewhere
// they are skipped, and say so.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { inNamespaces } from '@kleenet/linux-host';

const files = readdirSync('test').filter((name) => name.endsWith('.test.js'));
// One process at a time uses the namespaces.
const tests = [process.execPath, '--test', '--test-concurrency=1'];
const command = [...tests, ...files.map((name) => `test/${name}`)];
const [program, ...words] = permitsNamespaces() ? inNamespaces(command) : command;
process.exitCode = spawnSync(program, words, { stdio: 'inherit' }).status ?? 1;

function permitsNamespaces() {
  if (process.platform !== 'linux') return false;
  const [shell, ...rest] = inNamespaces(['true']);
  return spawnSync(shell, rest).status === 0;
}
