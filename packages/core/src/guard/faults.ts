/** Messages about failing code of a plugin. */
import { ERROR_CODES, KleenetError, isKleenetError } from '../errors.ts';
import type { ErrorCode } from '../errors.ts';
import { reasonOf } from '../quote.ts';

/** The origin of a driver, so that every message can name it. */
export interface DriverOrigin {
  readonly driver: string;
  /** The npm package's name. */
  readonly plugin: string;
  readonly version: string;
}

/** Makes the errors for faults of one driver. */
export class DriverFaults {
  readonly #origin: DriverOrigin;

  constructor(origin: DriverOrigin) {
    this.#origin = origin;
  }

  /** For a thrown value: the driver's own typed error, or DRIVER_FAILED. */
  thrown(method: string, cause: unknown): KleenetError {
    return adopt(cause) ?? this.#failed(`failed in ${method}: ${reasonOf(cause)}`, cause);
  }

  /** For an answer that violates the contract. */
  broken(method: string, problem: string): KleenetError {
    return this.#failed(`broke the contract in ${method}: ${problem}`);
  }

  timeout(method: string, milliseconds: number): KleenetError {
    const message = `did not finish ${method} within ${milliseconds / 1000} seconds`;
    return this.#error('DRIVER_TIMEOUT', message);
  }

  #failed(message: string, cause?: unknown): KleenetError {
    return this.#error('DRIVER_FAILED', message, cause);
  }

  #error(code: ErrorCode, message: string, cause?: unknown): KleenetError {
    const { driver, plugin, version } = this.#origin;
    return new KleenetError(code, `driver ${driver} of plugin ${plugin} ${version} ${message}`, {
      hint: `report this to the author of ${plugin}`,
      details: { driver, plugin, version },
      ...(cause === undefined ? {} : { cause }),
    });
  }
}

/**
 * Converts a typed error into one of this core. Errors of another copy of core are rebuilt from checked parts, because
 * their members cannot be trusted; undefined for other values, and for codes that this core does not know.
 */
function adopt(thrown: unknown): KleenetError | undefined {
  if (thrown instanceof KleenetError) return thrown;
  try {
    if (!isKleenetError(thrown) || !Object.hasOwn(ERROR_CODES, thrown.code)) return undefined;
    const { code, message, hint, details } = thrown;
    if (typeof message !== 'string') return undefined;
    return new KleenetError(code, message, {
      ...(typeof hint === 'string' ? { hint } : {}),
      details: asData(details),
      cause: thrown,
    });
  } catch {
    // Its getter throws, so core has not made it.
    return undefined;
  }
}

/** The JSON form of a value. */
function asData(value: unknown): Readonly<Record<string, unknown>> {
  const copy: unknown = JSON.parse(JSON.stringify(value) ?? 'null');
  return typeof copy === 'object' && copy !== null && !Array.isArray(copy) ? { ...copy } : {};
}
