/** klee in this process: the function that its program calls. Words go in; a status and two texts come out. */
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Ended } from './processes.ts';

const SOURCES = join(import.meta.dirname, '../../../cli/src');

/** The parts of klee that run a command line in a process that goes on. */
interface Program {
  readonly main: (caller: object) => Promise<number>;
  readonly Signals: new (note: (line: string) => void) => object;
}

/** `parts` are what is handed to klee besides: it calls them by their names. */
export async function kleeHere(
  environment: Readonly<Record<string, string>>,
  directory: string,
): Promise<(words: readonly string[], parts?: object) => Promise<Ended>> {
  const loaded = ['main', 'signals'].map(
    (name) => import(pathToFileURL(join(SOURCES, `${name}.ts`)).href),
  );
  const [{ main }, { Signals }] = (await Promise.all(loaded)) as [Program, Program];
  return async (words, parts = {}) => {
    const said = { stdout: '', stderr: '' };
    const output = {
      print: (text: string): void => void (said.stdout += `${text}\n`),
      note: (text: string): void => void (said.stderr += `${text}\n`),
    };
    const status = await main({
      words: ['--format', 'json', ...words],
      environment,
      system: process.platform,
      pid: process.pid,
      uid: 0,
      user: () => undefined,
      output,
      signals: new Signals(output.note),
      self: ['klee'],
      directory: () => directory,
      ask: () => Promise.resolve(undefined),
      ...parts,
    });
    return { status, ...said };
  };
}
