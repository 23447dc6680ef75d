import { KleenetError, isKleenetError } from '../../errors.ts';
import type { Issue } from '../../driver.ts';

/** Collects what is wrong with a request, so that the user sees everything at once. */
export class Problems {
  readonly #found: { readonly path: string; readonly error: KleenetError }[] = [];

  /** Parses one value. Answers undefined, and remembers why, when that fails. */
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
    for (const { path, message } of issues)
      this.add(path, new KleenetError('INVALID_ARGUMENT', message));
  }

  /** Throws the one problem as it is, or several as INVALID_ARGUMENT with all of them in `details.issues`. */
  raise(): void {
    const [first, ...others] = this.#found;
    if (first === undefined) return;
    if (others.length === 0) throw first.error;
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
