import { KleenetError, isKleenetError } from '../../errors.ts';
import type { Issue } from '../../driver.ts';

interface Problem {
  readonly path: string;
  readonly error: KleenetError;
  /** Whether its message says nothing of its value, which only the path names. */
  readonly needsPath?: boolean;
}

/** Collects the problems of a request, so that the user sees all of them together. */
export class Problems {
  readonly #found: Problem[] = [];

  /** Parses one value. On failure it returns undefined and records the problem. */
  parse<T>(path: string, parse: () => T): T | undefined {
    try {
      return parse();
    } catch (error) {
      if (!isKleenetError(error)) throw error;
      this.#found.push({ path, error });
      return undefined;
    }
  }

  add(path: string, error: KleenetError): void {
    this.#found.push({ path, error });
  }

  addIssues(issues: readonly Issue[]): void {
    for (const { path, message } of issues) {
      const error = new KleenetError('INVALID_ARGUMENT', message);
      this.#found.push({ path, error, needsPath: true });
    }
  }

  /**
   * Throws a single problem of klee's own as it is, and otherwise INVALID_ARGUMENT with the paths in its message, and all
   * problems in `details.issues`.
   */
  raise(): void {
    const [first, ...others] = this.#found;
    if (first === undefined) return;
    if (others.length === 0 && first.needsPath !== true) throw first.error;
    throw new KleenetError(
      'INVALID_ARGUMENT',
      this.#found.map(({ path, error }) => `${path}: ${error.message}`).join('; '),
      {
        ...(first.error.hint === undefined ? {} : { hint: first.error.hint }),
        details: {
          issues: this.#found.map(({ path, error }) => ({
            path,
            code: error.code,
            message: error.message,
          })),
        },
      },
    );
  }
}
