import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { descriptorsExhausted, KleenetError } from '../errors.ts';
import type { Locks } from '../store.ts';
import { isSimulatedState } from './state-check.ts';
import { newSimulatedState } from './state.ts';
import type { SimulatedState } from './state.ts';

/** Storage for the state of a simulated host. */
export interface HostStorage {
  /** Returns the result of `look` on the present state. */
  read<T>(look: (state: SimulatedState) => T): Promise<T>;
  /** Changes the state atomically: when `change` throws, nothing is changed. Changes are serialised. */
  transact<T>(change: (state: SimulatedState) => T): Promise<T>;
}

/** A simulated host that lives as long as this object. */
export function inProcessStorage(initial: SimulatedState = newSimulatedState()): HostStorage {
  let current = initial;
  return {
    read: (look) => Promise.resolve().then(() => look(structuredClone(current))),
    transact: (change) =>
      Promise.resolve().then(() => {
        const draft = structuredClone(current);
        const answer = change(draft);
        current = draft;
        return answer;
      }),
  };
}

/** The location of a simulated host. */
export interface FileStorageOptions {
  /** The state directory. */
  readonly directory: string;
  readonly locks: Locks;
}

/** A simulated host that several processes share: one JSON file, replaced atomically under a lock. */
export function fileStorage({ directory, locks }: FileStorageOptions): HostStorage {
  const path = join(directory, 'simulated-host.json');
  const load = async (): Promise<SimulatedState> => parse(path, await readIfThere(path));
  return {
    read: async (look) => look(await load()),
    async transact(change) {
      const lock = await locks.acquire({
        key: 'simulated-host',
        mode: 'exclusive',
        purpose: 'change the simulated host',
        patience: 10_000,
      });
      try {
        const draft = await load();
        const answer = change(draft);
        await save(directory, path, draft);
        return answer;
      } finally {
        lock.release();
      }
    },
  };
}

async function save(directory: string, path: string, state: SimulatedState): Promise<void> {
  try {
    await mkdir(directory, { recursive: true, mode: 0o700 });
    await writeFile(`${path}.new`, JSON.stringify(state), { mode: 0o600 });
    await rename(`${path}.new`, path);
  } catch (cause) {
    throw unavailable(path, cause);
  }
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof Error && 'code' in cause && cause.code === 'ENOENT') return undefined;
    throw unavailable(path, cause);
  }
}

function parse(path: string, text: string | undefined): SimulatedState {
  if (text === undefined) return newSimulatedState();
  try {
    const state: unknown = JSON.parse(text);
    if (isSimulatedState(state)) return state;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
  }
  throw new KleenetError('DATABASE_DAMAGED', `the simulated host in ${path} cannot be read`, {
    hint: 'remove the file to begin with a new simulated host',
  });
}

function unavailable(path: string, cause: unknown): KleenetError {
  const exhausted = descriptorsExhausted(cause);
  if (exhausted !== undefined) return exhausted;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new KleenetError(
    'DATABASE_UNAVAILABLE',
    `the simulated host in ${path} cannot be read or written: ${reason}`,
    {
      hint: 'choose another state directory with --root DIR',
      cause,
    },
  );
}
