/** The program `klee`: the only place, with few helpers, that touches the process. */
import { readVersion } from './version.ts';

if (process.argv.length === 3 && process.argv[2] === '--version') {
  process.stdout.write(`${readVersion()}\n`);
} else {
  const { runProcess } = await import('./process.ts');
  await runProcess();
}
