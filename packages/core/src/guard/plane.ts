/**
 * The only way in which core calls a data plane: with a deadline and an abort signal, and with every answer checked.
 */
import type { IpAddress, PerFamily } from '../address/types.ts';
import type {
  AttachTarget,
  CheckOptions,
  DataPlane,
  EndpointRequest,
  Issue,
  NetworkOperation,
  Observation,
  Operation,
  PlaneStatus,
} from '../driver.ts';
import { KleenetError } from '../errors.ts';
import { frozen } from '../frozen.ts';
import type { Network, Resource } from '../model.ts';
import {
  Unfit,
  members,
  takeAddresses,
  takeIssues,
  takeObservations,
  takeProblems,
  takeResource,
  takeResources,
  takeStatus,
} from './answers.ts';
import { callWithin, within } from './call.ts';
import { DriverFaults } from './faults.ts';
import type { DriverOrigin } from './faults.ts';
import type { ReadingOnly } from './reading-only.ts';

/** The deadline of one call of a driver, in milliseconds. */
const DRIVER_DEADLINE = 60_000;

const METHODS = ['status', 'plan', 'attach', 'detach', 'observe'] as const;

/** What a data plane may leave out. */
const OPTIONAL_METHODS = [
  'planNetwork',
  'networkUp',
  'networkDown',
  'observeNetwork',
  'checkEndpoint',
  'checkNetwork',
] as const;

interface GuardOptions {
  /** Raised when the user interrupts. */
  readonly signal: AbortSignal;
  /** In milliseconds. */
  readonly deadline?: number;
  /** What the data plane has in place of commands, where it is only to check. */
  readonly reading?: ReadingOnly;
}

/** The engine's services for a driver; the guard adds the signal. */
type Claiming = Pick<Operation, 'bind' | 'claim'>;
type NetworkClaiming = Pick<NetworkOperation, 'claim' | 'claims'>;

/** A data plane as the engine sees it. Same calls, but every failure is a KleenetError that names the plugin. */
export class GuardedPlane {
  readonly #origin: DriverOrigin;
  readonly #faults: DriverFaults;
  readonly #plane: DataPlane;
  readonly #signal: AbortSignal;
  readonly #deadline: number;
  readonly #reading: ReadingOnly | undefined;

  constructor(origin: DriverOrigin, plane: DataPlane, options: GuardOptions) {
    this.#origin = origin;
    this.#faults = new DriverFaults(origin);
    this.#plane = plane;
    this.#signal = options.signal;
    this.#deadline = options.deadline ?? DRIVER_DEADLINE;
    this.#reading = options.reading;
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
    return this.#callOnHost('attach', this.#signal, host, (operation) =>
      this.#plane.attach(target, operation),
    );
  }

  /** Only the deadline stops it, not the user's interrupt: clean-up runs to its end. */
  detach(target: AttachTarget, host: Claiming): Promise<void> {
    return this.#callOnHost('detach', undefined, host, (operation) =>
      this.#plane.detach(target, operation),
    );
  }

  observe(targets: readonly AttachTarget[]): Promise<readonly Observation[]> {
    return this.#call('observe', this.#signal, async () =>
      takeObservations(await this.#plane.observe(Object.freeze([...targets])), targets),
    );
  }

  planNetwork(network: Network): readonly Resource[] {
    const plane = this.#plane;
    if (plane.planNetwork === undefined) return [];
    try {
      return takeResources(plane.planNetwork(frozen(network)));
    } catch (cause) {
      throw this.#fault('planNetwork', cause);
    }
  }

  async networkUp(network: Network, host: NetworkClaiming): Promise<void> {
    await this.#callOnNetwork('networkUp', this.#signal, network, host);
  }

  /** Only the deadline stops it, as for `detach`. */
  async networkDown(network: Network, host: NetworkClaiming): Promise<void> {
    await this.#callOnNetwork('networkDown', undefined, network, host);
  }

  async observeNetwork(network: Network): Promise<readonly string[]> {
    const plane = this.#plane;
    if (plane.observeNetwork === undefined) return [];
    return this.#call('observeNetwork', this.#signal, async () =>
      takeProblems(await plane.observeNetwork?.(frozen(network))),
    );
  }

  checkEndpoint(network: Network, request: EndpointRequest): Promise<readonly Issue[]> {
    return this.#check('checkEndpoint', (plane, options) =>
      plane.checkEndpoint?.(frozen(network), frozen(request), options),
    );
  }

  checkNetwork(network: Network): Promise<readonly Issue[]> {
    return this.#check('checkNetwork', (plane, options) =>
      plane.checkNetwork?.(frozen(network), options),
    );
  }

  /** An attempt to change the host is what the driver is told of, whatever it made of the refusal. */
  async #check(
    method: 'checkEndpoint' | 'checkNetwork',
    ask: (plane: DataPlane, options: CheckOptions) => Promise<readonly Issue[]> | undefined,
  ): Promise<readonly Issue[]> {
    if (this.#plane[method] === undefined) return [];
    const answer = this.#call(method, this.#signal, async (signal) =>
      takeIssues(await ask(this.#plane, Object.freeze({ signal }))),
    );
    const [outcome] = await Promise.allSettled([answer]);
    const attempt = this.#reading?.attempt();
    if (attempt !== undefined)
      throw this.#faults.broken(method, `a check only reads, and it tries ${attempt}`);
    if (outcome.status === 'rejected') throw outcome.reason;
    return outcome.value;
  }

  async #callOnNetwork(
    method: 'networkUp' | 'networkDown',
    interrupt: AbortSignal | undefined,
    network: Network,
    { claim, claims }: NetworkClaiming,
  ): Promise<void> {
    const plane = this.#plane;
    if (plane[method] === undefined) return;
    await this.#callOnHost(method, interrupt, { claim }, (operation) =>
      plane[method]?.(frozen(network), Object.freeze({ ...operation, claims })),
    );
  }

  async #callOnHost(
    method: string,
    interrupt: AbortSignal | undefined,
    host: Claiming,
    call: (operation: Operation) => Promise<void> | undefined,
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
        await call(Object.freeze({ signal, ...services }));
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
  const odd = OPTIONAL_METHODS.filter(
    (method) => found[method] !== undefined && typeof found[method] !== 'function',
  );
  if (odd.length > 0) throw new Unfit(`it has something else as ${odd.join(', ')}`);
}
