/** The one way in which core calls a driver: with a deadline, an abort signal, and every foreign error made ours. */
import type { AttachHost, AttachTarget, DataPlane, Observation, PlaneStatus } from './driver.ts';
import { KleenetError, isKleenetError } from './errors.ts';
import type { ErrorCode } from './errors.ts';
import type { Resource } from './model.ts';

/** How long one call of a driver may take, in milliseconds. */
const DRIVER_DEADLINE = 60_000;

export interface GuardOptions {
  /** Raised when the user interrupts. */
  readonly signal: AbortSignal;
  /** In milliseconds. */
  readonly deadline?: number;
}

/** What the engine offers a driver; the guard adds the signal. */
export type Claiming = Pick<AttachHost, 'claim'>;

/** A data plane as the engine sees it. Same calls, but every failure is a KleenetError that names the driver. */
export class GuardedPlane {
  readonly #driver: string;
  readonly #plane: DataPlane;
  readonly #signal: AbortSignal;
  readonly #deadline: number;

  constructor(driver: string, plane: DataPlane, options: GuardOptions) {
    this.#driver = driver;
    this.#plane = plane;
    this.#signal = options.signal;
    this.#deadline = options.deadline ?? DRIVER_DEADLINE;
  }

  /** @throws KleenetError DRIVER_UNAVAILABLE unless the data plane is ready or degraded */
  async requireReady(): Promise<void> {
    const status = await this.status();
    if (status.state !== 'unavailable') return;
    throw new KleenetError(
      'DRIVER_UNAVAILABLE',
      `driver ${this.#driver} cannot work on this host: ${status.reasons.join('; ')}`,
      {
        hint: "'klee system info' shows what is missing",
        details: { driver: this.#driver, reasons: status.reasons },
      },
    );
  }

  status(): Promise<PlaneStatus> {
    return this.#call('status', this.#signal, () => this.#plane.status());
  }

  plan(target: AttachTarget): readonly Resource[] {
    try {
      return this.#plane.plan(target);
    } catch (cause) {
      throw this.#foreign('plan', cause);
    }
  }

  attach(target: AttachTarget, host: Claiming): Promise<void> {
    return this.#call('attach', this.#signal, (signal) =>
      this.#plane.attach(target, { ...host, signal }),
    );
  }

  /** Not stopped by an interrupt of the user, only by the deadline: clean-up runs to its end. */
  detach(target: AttachTarget, host: Claiming): Promise<void> {
    return this.#call('detach', undefined, (signal) =>
      this.#plane.detach(target, { ...host, signal }),
    );
  }

  async observe(targets: readonly AttachTarget[]): Promise<readonly Observation[]> {
    const found = await this.#call('observe', this.#signal, () => this.#plane.observe(targets));
    if (Array.isArray(found) && found.length === targets.length) return found;
    throw this.#failed(
      'DRIVER_FAILED',
      `driver ${this.#driver} broke the contract: observe must give one answer for each target`,
    );
  }

  async #call<T>(
    method: string,
    interrupt: AbortSignal | undefined,
    call: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const deadline = new AbortController();
    const signal =
      interrupt === undefined ? deadline.signal : AbortSignal.any([interrupt, deadline.signal]);
    signal.throwIfAborted();
    const timer = setTimeout(() => {
      deadline.abort(
        this.#failed(
          'DRIVER_TIMEOUT',
          `driver ${this.#driver} did not finish ${method} within ${this.#deadline / 1000} seconds`,
        ),
      );
    }, this.#deadline);
    try {
      return await settled(call, signal);
    } catch (cause) {
      throw this.#foreign(method, cause);
    } finally {
      clearTimeout(timer);
    }
  }

  #foreign(method: string, cause: unknown): KleenetError {
    if (isKleenetError(cause)) return cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    return this.#failed(
      'DRIVER_FAILED',
      `driver ${this.#driver} failed in ${method}: ${reason}`,
      cause,
    );
  }

  #failed(code: ErrorCode, message: string, cause?: unknown): KleenetError {
    return new KleenetError(code, message, {
      hint: `report this to the author of the driver ${this.#driver}`,
      details: { driver: this.#driver },
      cause,
    });
  }
}

/**
 * How long a call that was told to stop may take to clean up after itself, in milliseconds. Until then its commands
 * may still run, and clean-up beside them would be undone.
 */
const GRACE = 2_000;

async function settled<T>(
  call: (signal: AbortSignal) => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  let grace: NodeJS.Timeout | undefined;
  let giveUp: (() => void) | undefined;
  const abandoned = new Promise<never>((_, reject) => {
    giveUp = () => {
      grace = setTimeout(() => reject(signal.reason), GRACE);
    };
    signal.addEventListener('abort', giveUp, { once: true });
  });
  try {
    return await Promise.race([call(signal), abandoned]);
  } finally {
    if (giveUp !== undefined) signal.removeEventListener('abort', giveUp);
    clearTimeout(grace);
  }
}
