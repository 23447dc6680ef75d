/** The program `klee`: the only place, with few helpers, that touches the process. */
import { createOutput } from './output.ts';
import { readVersion } from './version.ts';

if (process.argv.length === 3 && process.argv[2] === '--version') {
  createOutput().print(readVersion());
} else {
  void import('./process.ts').then(({ runProcess }) => runProcess());
}
