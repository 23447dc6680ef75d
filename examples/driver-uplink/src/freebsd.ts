/**
 * uplink on FreeBSD: an epair, one end a member of the network's bridge, the other in the jail's own network stack. Destroying the
 * host's end destroys both, in every state of the jail.
 */
import { tryAll } from '@kleenet/core/driver';
import type {
  AttachTarget,
  CheckOptions,
  DataPlane,
  DataPlaneDependencies,
  EndpointRequest,
  Issue,
  Network,
  NetworkOperation,
  Observation,
  Operation,
  PlaneStatus,
  Resource,
} from '@kleenet/core/driver';
import { KleenetError } from '@kleenet/core/errors';
import { FreebsdHost, gone, there } from './freebsd-host.ts';
import type { Tolerance } from './freebsd-host.ts';
import type { Interface } from './freebsd-ifconfig.ts';
import { FreebsdNetwork } from './freebsd-network.ts';
import { lookAt, problems } from './freebsd-observe.ts';
import {
  addressArgvs,
  attachedSiblings,
  candidates,
  claimOf,
  createArgv,
  defaultRouteArgv,
  existingPair,
  inheritedRoutes,
  interfacesOf,
  linkArgv,
  moveArgvs,
  mtuOf,
  outsideArgvs,
  ownRoutes,
  words,
} from './freebsd-plan.ts';
import type { Pair } from './freebsd-plan.ts';
import { asFarAsKnown } from './options.ts';

export class FreebsdUplink implements DataPlane {
  readonly #firewall: DataPlaneDependencies['firewall'];
  readonly #host: FreebsdHost;
  readonly #network: FreebsdNetwork;

  constructor({ commands, firewall }: DataPlaneDependencies) {
    this.#firewall = firewall;
    this.#host = new FreebsdHost(commands);
    this.#network = new FreebsdNetwork(this.#host);
  }

  async status(): Promise<PlaneStatus> {
    const vimage = await this.#host.read(words('sysctl -n -i kern.features.vimage'));
    if (vimage?.trim() === '1') return { state: 'ready', reasons: [] };
    return {
      state: 'unavailable',
      reasons: ['the kernel gives jails no network stack of their own: it lacks the option VIMAGE'],
    };
  }

  /** The first candidate. Where that is taken, attach claims another. */
  plan(target: AttachTarget): readonly Resource[] {
    return candidates(target).slice(0, 1).map(claimOf);
  }

  async attach(target: AttachTarget, operation: Operation): Promise<void> {
    const { signal } = operation;
    const interfaces = await this.#host.interfaces(signal);
    const earlier = existingPair(target, interfaces);
    if (earlier !== undefined) {
      const isHere = interfaces.some(({ name }) => name === earlier.inside);
      if (await this.#wire({ target, interfaces, signal }, earlier, isHere)) return;
      await this.#destroy(earlier.outside, signal);
    }
    const pair = await this.#make(target, interfaces, operation);
    await this.#wire({ target, interfaces, signal }, pair, true);
  }

  /** Makes an epair with the first number that is free. */
  async #make(
    target: AttachTarget,
    interfaces: readonly Interface[],
    operation: Operation,
  ): Promise<Pair> {
    const { signal } = operation;
    const names = interfaces.map(({ name }) => name);
    await this.#host.change(words('kldload -n if_epair'), { signal });
    for (const pair of candidates(target)) {
      if (names.includes(pair.outside) || names.includes(pair.inside)) continue;
      if (!target.claims.some(({ name }) => name === pair.outside))
        await operation.claim(claimOf(pair));
      const argv = createArgv(target, pair, mtuOf(target, interfaces));
      if (await this.#host.change(argv, { signal, tolerate: there })) return pair;
    }
    throw new KleenetError('INTERFACE_IN_USE', 'the host has no number left for another epair', {
      hint: 'list them: ifconfig -g epair',
    });
  }

  /**
   * From outside to inside: guarded and in its bridge, then in the jail. Returns false if the inner end is neither here nor in the
   * jail: then it is in one that is dying.
   */
  async #wire(work: Work, pair: Pair, isHere: boolean): Promise<boolean> {
    const { target, interfaces, signal } = work;
    const { endpoint, sandbox } = target;
    const jail = sandbox.name;
    const mtu = mtuOf(target, interfaces);
    await this.#firewall?.guard(target, pair.outside, signal);
    for (const argv of outsideArgvs(target, pair, interfaces))
      await this.#host.change(argv, { signal });
    if (isHere)
      for (const argv of moveArgvs(target, pair, mtu)) await this.#host.change(argv, { signal });
    const rename = words(`ifconfig ${pair.inside} name ${endpoint.interface}`);
    await this.#host.change(rename, { jail, signal, ...(isHere ? {} : { tolerate: gone }) });
    const link = linkArgv(target, endpoint.interface, mtu);
    if (!(await this.#host.change(link, { jail, signal, ...(isHere ? {} : { tolerate: gone }) })))
      return false;
    for (const argv of addressArgvs(target)) await this.#host.change(argv, { jail, signal });
    for (const { family, gateway } of ownRoutes(target, attachedSiblings(target, interfaces))) {
      const add = defaultRouteArgv('add', family, gateway);
      if (await this.#host.change(add, { jail, signal, tolerate: there })) continue;
      await this.#host.change(defaultRouteArgv('change', family, gateway), { jail, signal });
    }
    return true;
  }

  /** The epair first: without it nothing else affects the container. */
  async detach(target: AttachTarget, { signal }: Operation): Promise<void> {
    const interfaces = await this.#host.interfaces(signal);
    const ours = interfacesOf(target.endpoint, interfaces).map(({ name }) => name);
    const known = ours[0] ?? candidates(target)[0]?.outside ?? '';
    await tryAll([
      ...ours.map((name) => () => this.#destroy(name, signal)),
      () => this.#handOver(target, interfaces, signal),
      async () => this.#firewall?.release(target, known, signal),
    ]);
  }

  /** If the jail is still there, and has no other default route by now. */
  async #handOver(
    target: AttachTarget,
    interfaces: readonly Interface[],
    signal: AbortSignal,
  ): Promise<void> {
    const siblings = attachedSiblings(target, interfaces);
    const jail = target.sandbox.name;
    for (const { family, gateway } of inheritedRoutes(target, siblings)) {
      const argv = defaultRouteArgv('add', family, gateway);
      await this.#host.change(argv, { jail, signal, tolerate: nothingToHandOver });
    }
  }

  async #destroy(name: string, signal: AbortSignal): Promise<void> {
    await this.#host.change(words(`ifconfig ${name} destroy`), { signal, tolerate: gone });
  }

  networkUp(network: Network, { signal }: NetworkOperation): Promise<void> {
    return this.#network.up(network, signal);
  }

  networkDown(network: Network, { signal }: NetworkOperation): Promise<void> {
    return this.#network.down(network, signal);
  }

  observeNetwork(network: Network): Promise<readonly string[]> {
    return this.#network.observe(network);
  }

  checkNetwork(network: Network, { signal }: CheckOptions): Promise<readonly Issue[]> {
    return asFarAsKnown(this.#network.check(network, signal));
  }

  /** An uplink may have gone since the network was made. */
  checkEndpoint(
    network: Network,
    _request: EndpointRequest,
    { signal }: CheckOptions,
  ): Promise<readonly Issue[]> {
    return asFarAsKnown(this.#network.checkWayOut(network, signal));
  }

  async observe(targets: readonly AttachTarget[]): Promise<readonly Observation[]> {
    if (targets.length === 0) return [];
    const interfaces = await this.#host.interfaces();
    return Promise.all(targets.map((target) => this.#observeOne(target, interfaces)));
  }

  async #observeOne(target: AttachTarget, interfaces: readonly Interface[]): Promise<Observation> {
    const { endpoint } = target;
    const pair = existingPair(target, interfaces);
    if (pair === undefined)
      return { endpointId: endpoint.id, problems: problems(target, { interfaces }) };
    const found = await lookAt(this.#host, target, interfaces);
    return {
      endpointId: endpoint.id,
      hostInterface: pair.outside,
      problems: [
        ...problems(target, found),
        ...((await this.#firewall?.problems(target, pair.outside)) ?? []),
      ],
    };
  }
}

interface Work {
  readonly target: AttachTarget;
  /** Of the host, before. */
  readonly interfaces: readonly Interface[];
  readonly signal: AbortSignal;
}

/** The jail has gone, has a default route, or has no interface by which it could leave. */
const nothingToHandOver: Tolerance = (said) =>
  gone(said) || there(said) || /unreachable|jexec: execvp: /.test(said);
