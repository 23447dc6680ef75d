/**
 * What the code of plugins finds in place of parts of the process that are klee's. It runs with all that klee may do,
 * so this keeps accidents from doing harm, not attackers.
 */
import { KleenetError } from '@kleenet/core/errors';

/** Whose code runs in the process. */
export interface Guest {
  readonly name: string;
  readonly version: string;
}

export interface Containment {
  /** Takes a fault that came outside of every call: from a timer, or a promise that nobody waits for. */
  fail(error: KleenetError): void;
}

/** Plugins of this process. */
const guests: Guest[] = [];

/**
 * To be called before the code of a plugin is loaded. From the first time on, standard output is klee's alone, whose
 * results programs read: what others print goes to standard error. `process.exit` throws where it is called, and a
 * fault that nothing catches becomes an error that names the plugins.
 */
export function contain(guest: Guest, containment: Containment): void {
  guests.push(guest);
  if (guests.length > 1) return;
  Object.defineProperty(process, 'stdout', { configurable: true, get: () => process.stderr });
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
    // The value is hostile; there is no more to learn from it.
    return 'the thrown value cannot be shown';
  }
}
