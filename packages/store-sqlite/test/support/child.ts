/** Other processes, for tests: they run TypeScript as this one does, and talk in lines. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

const root = new URL('../../src/', import.meta.url).href;
const samples = new URL('../../../core/test/support/samples.ts', import.meta.url).href;

const PRELUDE = `
  import { openLocks, openStore, isSqliteWarning } from '${root}index.ts';
  import * as samples from '${samples}';
  import { writeSync } from 'node:fs';
  const [directory] = process.argv.slice(-1);
  const uid = process.geteuid();
  const say = (text) => writeSync(1, text + '\\n');
  const heard = () => new Promise((resolve) => process.stdin.once('data', resolve));
`;

/** A process that runs a piece of JavaScript with `directory`, `uid`, `say`, `heard` and the package in scope. */
export interface Child {
  readonly process: ChildProcess;
  /** The next line that it says; undefined once it has ended. */
  line(): Promise<string | undefined>;
  /** Wakes it from \`heard()\`. */
  tell(): void;
  kill(): Promise<void>;
  /** Waits for its end; the result is what it wrote to standard error. */
  end(): Promise<string>;
}

interface ChildOptions {
  /** A command that runs the command that follows it. */
  readonly wrapper?: readonly string[];
  /** More flags for Node. */
  readonly flags?: readonly string[];
}

export function runChild(
  directory: string,
  code: string,
  { wrapper = [], flags = [] }: ChildOptions = {},
): Child {
  const script = `${PRELUDE}\n${code}`;
  const node = [process.execPath, ...process.execArgv, ...flags];
  const argv = [...wrapper, ...node, '--input-type=module', '-e', script, '--', directory];
  const child = spawn(argv[0]!, argv.slice(1), { stdio: ['pipe', 'pipe', 'pipe'] });
  let errors = '';
  child.stderr.on('data', (data) => (errors += data));
  const ended = once(child, 'close');
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    process: child,
    async line() {
      const { value, done } = await lines.next();
      return done === true ? undefined : value;
    },
    tell: () => void child.stdin.write('\n'),
    async kill() {
      child.kill('SIGKILL');
      await ended;
    },
    async end() {
      child.stdin.end();
      await ended;
      return errors;
    },
  };
}
