/**
 * The only way in which core calls a data plane: with a deadline and an abort signal, and with every answer checked.
 */
import type { IpAddress, PerFamily } from '../address/types.ts';
import type { Operation, AttachTarget, DataPlane, Observation, PlaneStatus } from '../driver.ts';
import { KleenetError } from '../errors.ts';
import type { Resource } from '../model.ts';
import {
  Unfit,
  members,
  takeAddresses,
  takeObservations,
  takeResource,
  takeResources,
  takeStatus,
} from './answers.ts';
import { callWithin, within } from './call.ts';
import { DriverFaults } from './faults.ts';
import type { DriverOrigin } from './faults.ts';

/** The deadline of one call of a driver, in milliseconds. */
const DRIVER_DEADLINE = 60_000;

const METHODS = ['status', 'plan', 'attach', 'detach', 'observe'] as const;

interface GuardOptions {
  /** Raised when the user interrupts. */
  readonly signal: AbortSignal;
  /** In milliseconds. */
  readonly deadline?: number;
}

/** The engine's services for a driver; the guard adds the signal. */
type Claiming = Pick<Operation, 'bind' | 'claim'>;

/** A data plane as the engine sees it. Same calls, but every failure is a KleenetError that names the plugin. */
export class GuardedPlane {
  readonly #origin: DriverOrigin;
  readonly #faults: DriverFaults;
  readonly #plane: DataPlane;
  readonly #signal: AbortSignal;
  readonly #deadline: number;

  constructor(origin: DriverOrigin, plane: DataPlane, options: GuardOptions) {
    this.#origin = origin;
    this.#faults = new DriverFaults(origin);
    this.#plane = plane;
    this.#signal = options.signal;
    this.#deadline = options.deadline ?? DRIVER_DEADLINE;
  }

  /** Loads a data plane. The user's interrupt does not stop that: clean-up may need it. */
  static async load(
    origin: DriverOrigin,
    load: () => Promise<DataPlane>,
    options: GuardOptions,
  ): Promise<GuardedPlane> {
    const faults = new DriverFaults(origin);
    const deadline = options.deadline ?? DRIVER_DEADLINE;
    const method = 'loading its data plane';
    try {
      const overdue = (): Error => faults.timeout(method, deadline);
      const plane = await within(load, { deadline, overdue });
      requireMethods(plane);
      return new GuardedPlane(origin, plane, options);
    } catch (cause) {
      throw cause instanceof Unfit
        ? faults.broken(method, cause.message)
        : faults.thrown(method, cause);
    }
  }

  /** @throws KleenetError DRIVER_UNAVAILABLE unless the data plane is ready or degraded */
  async requireReady(): Promise<void> {
    const { state, reasons } = await this.status();
    if (state !== 'unavailable') return;
    const { driver } = this.#origin;
    throw new KleenetError(
      'DRIVER_UNAVAILABLE',
      `driver ${driver} cannot work on this host: ${reasons.join('; ')}`,
      {
        hint: "'klee system info' shows what is missing",
        details: { driver, reasons },
      },
    );
  }

  status(): Promise<PlaneStatus> {
    return this.#call('status', this.#signal, async () => takeStatus(await this.#plane.status()));
  }

  plan(target: AttachTarget): readonly Resource[] {
    try {
      return takeResources(this.#plane.plan(target));
    } catch (cause) {
      throw this.#fault('plan', cause);
    }
  }

  attach(target: AttachTarget, host: Claiming): Promise<void> {
    return this.#callOnHost('attach', this.#signal, target, host);
  }

  /** Only the deadline stops it, not the user's interrupt: clean-up runs to its end. */
  detach(target: AttachTarget, host: Claiming): Promise<void> {
    return this.#callOnHost('detach', undefined, target, host);
  }

  observe(targets: readonly AttachTarget[]): Promise<readonly Observation[]> {
    return this.#call('observe', this.#signal, async () =>
      takeObservations(await this.#plane.observe(Object.freeze([...targets])), targets),
    );
  }

  async #callOnHost(
    method: 'attach' | 'detach',
    interrupt: AbortSignal | undefined,
    target: AttachTarget,
    host: Claiming,
  ): Promise<void> {
    let isOver = false;
    // An abandoned call must not write into an object that is being cleaned up.
    const requireLive = (what: string): void => {
      if (isOver) throw this.#faults.broken(method, `it ${what} after it has returned`);
    };
    const claim = async (resource: Resource): Promise<void> => {
      requireLive('claims a resource');
      await host.claim(this.#taken(`claim during ${method}`, () => takeResource(resource)));
    };
    const { bind: record } = host;
    const bind =
      record &&
      (async (addresses: PerFamily<IpAddress>): Promise<AttachTarget> => {
        requireLive('binds addresses');
        const taken = this.#taken(`bind during ${method}`, () => takeAddresses(addresses));
        return record(taken);
      });
    const services = bind === undefined ? { claim } : { claim, bind };
    try {
      await this.#call(method, interrupt, async (signal) => {
        await this.#plane[method](target, Object.freeze({ signal, ...services }));
      });
    } finally {
      isOver = true;
    }
  }

  #taken<T>(method: string, take: () => T): T {
    try {
      return take();
    } catch (cause) {
      throw this.#fault(method, cause);
    }
  }

  async #call<T>(
    method: string,
    interrupt: AbortSignal | undefined,
    call: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const deadline = this.#deadline;
    const overdue = (): Error => this.#faults.timeout(method, deadline);
    try {
      return await callWithin(call, { interrupt, deadline, overdue });
    } catch (cause) {
      throw this.#fault(method, cause);
    }
  }

  #fault(method: string, cause: unknown): KleenetError {
    return cause instanceof Unfit
      ? this.#faults.broken(method, cause.message)
      : this.#faults.thrown(method, cause);
  }
}

function requireMethods(plane: unknown): void {
  const found = members(plane, 'the data plane');
  const missing = METHODS.filter((method) => typeof found[method] !== 'function');
  if (missing.length > 0) throw new Unfit(`it has no ${missing.join(', ')}`);
}
