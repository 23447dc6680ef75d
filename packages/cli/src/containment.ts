/**
 * Replaces parts of the process for the code of plugins. That code runs with klee's privileges, so this prevents
 * accidents, not attacks.
 */
import { Console } from 'node:console';
import { KleenetError } from '@kleenet/core/errors';

/** A plugin whose code runs in the process. */
export interface Guest {
  readonly name: string;
  readonly version: string;
}

export interface Containment {
  /** Receives a fault outside of every call: from a timer, or an unhandled rejection. */
  fail(error: KleenetError): void;
}

/** Plugins of this process. */
const guests: Guest[] = [];

/**
 * Call it before the code of a plugin is loaded. From then on, standard output is reserved for klee's results: other
 * output goes to standard error. `process.exit` throws, and an uncaught fault becomes an error that names the plugins.
 */
export function contain(guest: Guest, containment: Containment): void {
  guests.push(guest);
  if (guests.length > 1) return;
  Object.defineProperty(process, 'stdout', { configurable: true, get: () => process.stderr });
  // Bun's console does not ask for process.stdout.
  Object.assign(console, new Console(process.stderr));
  process.exit = (code) => {
    throw new Error(`it called process.exit(${code ?? ''})`);
  };
  const take = (thrown: unknown): void => containment.fail(strayFault(thrown));
  process.on('uncaughtException', take);
  process.on('unhandledRejection', take);
}

function strayFault(thrown: unknown): KleenetError {
  const names = guests.map(({ name, version }) => `${name} ${version}`).join(', ');
  const reason = thrown instanceof Error ? thrown.message : describe(thrown);
  return new KleenetError(
    'DRIVER_FAILED',
    `code of a plugin (${names}) failed outside a call: ${reason}`,
    {
      hint: 'report this to its author',
      details: { plugins: guests.map(({ name }) => name) },
      cause: thrown,
    },
  );
}

function describe(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    // The value is hostile; nothing more can be learnt from it.
    return 'the thrown value cannot be shown';
  }
}
