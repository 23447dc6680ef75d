/**
 * vnet on FreeBSD: an epair, one end in the network's bridge and the other in the jail's own stack. Destroying the
 * host's end destroys both, in every state of the jail.
 */
import type {
  Argv,
  Operation,
  AttachTarget,
  DataPlane,
  DataPlaneDependencies,
  Observation,
  PlaneStatus,
  Resource,
} from '@kleenet/core/driver';
import { tryAll } from '@kleenet/core/driver';
import { KleenetError, isKleenetError } from '@kleenet/core/errors';
import {
  change,
  changeInOrder,
  createPairArgv,
  destroyArgv,
  guardEndpoint,
  hasModule,
  linkArgv,
  loadModule,
  mark,
  memberArgv,
  moveArgv,
  pairOf,
  quietArgv,
  readInterfaces,
  readSysctl,
  releaseEndpoint,
  twinNames,
  twinOf,
} from '@kleenet/platform/freebsd';
import type { Interface, Pair } from '@kleenet/platform/freebsd';
import { FreebsdJailStack } from './freebsd-jail.ts';
import { observeTargets } from './freebsd-observe.ts';
import {
  attachedSiblings,
  claimOf,
  existingPair,
  interfacesOf,
  mtuOf,
  resources,
  routesToHandOver,
  routesToTake,
  unitsOf,
} from './freebsd-plan.ts';

/** The inputs of an attach. */
interface Work {
  readonly target: AttachTarget;
  readonly operation: Operation;
  /** The earlier state of the host. */
  readonly interfaces: readonly Interface[];
  readonly isModuleLoaded: boolean;
  readonly mtu: number;
}

/** The kernel module for epairs. */
const PAIRS = 'if_epair';

export class FreebsdVnet implements DataPlane {
  readonly #commands: DataPlaneDependencies['commands'];
  readonly #logger: DataPlaneDependencies['logger'];
  readonly #jails: FreebsdJailStack;

  constructor({ commands, logger }: DataPlaneDependencies) {
    this.#commands = commands;
    this.#logger = logger;
    this.#jails = new FreebsdJailStack(commands);
  }

  async status(): Promise<PlaneStatus> {
    if ((await readSysctl(this.#commands, 'kern.features.vimage')) === '1')
      return { state: 'ready', reasons: [] };
    return {
      state: 'unavailable',
      reasons: [
        'the kernel gives jails no network stack of their own: it needs the option VIMAGE, which GENERIC has',
      ],
    };
  }

  plan(target: AttachTarget): readonly Resource[] {
    return resources(target);
  }

  async attach(target: AttachTarget, operation: Operation): Promise<void> {
    const work = await this.#look(target, operation);
    this.#warnOfName(work);
    const earlier = existingPair(target, work.interfaces);
    if (earlier === undefined) return this.#wireNew(work);
    try {
      await this.#wire(work, earlier, { fresh: false });
    } catch (error) {
      if (!isInterfaceGone(error)) throw error;
      // Its inner end is not in a reachable jail, but in a dying one.
      await this.#destroy(work.target, earlier.outside, work.interfaces, operation.signal);
      await this.#wireNew(await this.#look(target, operation));
    }
  }

  /** Core avoids the host's interface names when it connects; the host may have got the name since. */
  #warnOfName({ target: { container, endpoint, network }, interfaces }: Work): void {
    if (interfaces.every(({ name }) => name !== endpoint.interface)) return;
    this.#logger.warn(
      `the host has an interface ${endpoint.interface}, as container '${container.name}' has: if its jail is removed with jail(8), the host cannot tell the two apart; 'klee network disconnect' and 'connect' for ${network.name} give the container's another name`,
    );
  }

  async #look(target: AttachTarget, operation: Operation): Promise<Work> {
    const { signal } = operation;
    const [interfaces, isModuleLoaded] = await Promise.all([
      readInterfaces(this.#commands, { signal }),
      hasModule(this.#commands, PAIRS, { signal }),
    ]);
    const mtu = mtuOf(target.network, interfaces);
    return { target, operation, interfaces, isModuleLoaded, mtu };
  }

  async #wireNew(work: Work): Promise<void> {
    await this.#wire(work, await this.#make(work), { fresh: true });
  }

  /** Makes an epair with the first free number. */
  async #make({ target, operation, interfaces, isModuleLoaded, mtu }: Work): Promise<Pair> {
    const { signal } = operation;
    const names = new Set(interfaces.map(({ name }) => name));
    const claimed = new Set(target.claims.map(({ name }) => name));
    if (!isModuleLoaded) await loadModule(this.#commands, this.#logger, PAIRS, { signal });
    for (const unit of unitsOf(target)) {
      const pair = pairOf(unit);
      if (names.has(pair.outside) || names.has(pair.inside)) continue;
      if (!claimed.has(pair.outside)) await operation.claim(claimOf(pair));
      const argv = createPairArgv(unit, { mtu, description: mark('endpoint', target.endpoint.id) });
      const { reason } = await change(this.#commands, argv, {
        signal,
        tolerate: ['interface-exists'],
      });
      if (reason === undefined) return pair;
    }
    throw new KleenetError('INTERFACE_IN_USE', 'the host has no number left for another epair', {
      hint: 'list the epairs: ifconfig -g epair',
    });
  }

  /**
   * From outside to inside: guarded and in its bridge, then in the jail with its addresses, then the default routes.
   */
  async #wire(work: Work, pair: Pair, { fresh }: { readonly fresh: boolean }): Promise<void> {
    const { target, interfaces, mtu } = work;
    const { signal } = work.operation;
    const ether = target.endpoint.mac === undefined ? {} : { ether: target.endpoint.mac };
    const link = { mtu, ...ether };
    await guardEndpoint(this.#commands, { ...target, hostInterface: pair.outside }, signal);
    const here = fresh || interfaces.some(({ name }) => name === pair.inside);
    const outside = [
      ...resizeArgvs(work, pair),
      ...joinArgvs(work, pair),
      quietArgv(pair.outside, interfaces),
      ...(here ? [linkArgv(pair.inside, link), moveArgv(pair.inside, target.sandbox.name)] : []),
    ];
    await changeInOrder(this.#commands, outside, { signal });
    await this.#jails.configure(target, pair.inside, here ? undefined : link, signal);
    await this.#jails.setRoutes(
      target,
      routesToTake(target, attachedSiblings(target, interfaces)),
      signal,
    );
  }

  /** The epair first: without it nothing else affects the container. */
  async detach(target: AttachTarget, { signal }: Operation): Promise<void> {
    const interfaces = await readInterfaces(this.#commands, { signal });
    const siblings = attachedSiblings(target, interfaces);
    await tryAll([
      ...interfacesOf(target.endpoint, interfaces).map(
        ({ name }) =>
          () =>
            this.#destroy(target, name, interfaces, signal),
      ),
      () => this.#jails.handOver(target, routesToHandOver(target, siblings), signal),
      () => releaseEndpoint(this.#commands, target, signal),
    ]);
  }

  /** Not if the host might lose its own interface with it: see `twinNames`. */
  async #destroy(
    target: AttachTarget,
    name: string,
    interfaces: readonly Interface[],
    signal: AbortSignal,
  ): Promise<void> {
    const twins = twinNames(interfaces);
    if (twins.length > 0 && (await this.#jails.interface(target, signal)) === undefined)
      throw twinOf(name, twins);
    await change(this.#commands, destroyArgv(name), { signal, tolerate: ['interface-gone'] });
  }

  observe(targets: readonly AttachTarget[]): Promise<readonly Observation[]> {
    return observeTargets(this.#commands, this.#jails, targets);
  }
}

function isInterfaceGone(error: unknown): boolean {
  return isKleenetError(error) && error.details['reason'] === 'interface-gone';
}

/** A bridge refuses a member with another MTU; a new epair has the right one. */
function resizeArgvs({ interfaces, mtu }: Work, { outside }: Pair): readonly Argv[] {
  const there = interfaces.find(({ name }) => name === outside);
  return there === undefined || there.mtu === mtu ? [] : [linkArgv(outside, { mtu })];
}

function joinArgvs({ target, interfaces }: Work, { outside: member }: Pair): readonly Argv[] {
  const { network, endpoint } = target;
  const bridge = interfaces.find(({ name }) => name === network.interface);
  const known = bridge?.members.find(({ name }) => name === member);
  const isPrivate = known?.flags.includes('PRIVATE') === true;
  const isolate = isPrivate === network.icc ? !network.icc : undefined;
  if (known !== undefined && isolate === undefined && endpoint.mac === undefined) return [];
  const membership = {
    member,
    join: known === undefined,
    ...(isolate === undefined ? {} : { isolate }),
    ...(endpoint.mac === undefined ? {} : { ether: endpoint.mac }),
  };
  return [memberArgv(network.interface, membership)];
}
