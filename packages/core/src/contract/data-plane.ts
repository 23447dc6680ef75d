/** A driver on one platform, and what it is handed. Part of the contract, which `driver.ts` is the entry to. */
import type { IpAddress, PerFamily } from '../address/types.ts';
import type { Clock, CommandRunner, Logger } from '../command.ts';
import type { Endpoint, Network, Resource, Sandbox } from '../model.ts';
import type { EndpointRequest, Issue } from './requests.ts';

/** Dependencies of a data plane. A data plane uses these and no globals, so that a test can replace them. */
export interface DataPlaneDependencies {
  readonly commands: CommandRunner;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Absent where no firewall of klee's checks senders: on the simulated host. */
  readonly firewall?: EndpointFirewall;
}

/**
 * The host's firewall, for drivers that make an interface there for each endpoint. Isolation, NAT and published ports need nothing
 * of it but the names and marks of `@kleenet/core/linux` and `@kleenet/core/freebsd`: they follow from the network. What is left is
 * which interface belongs to which endpoint. An interface that is not guarded sends nothing, where the firewall works.
 */
export interface EndpointFirewall {
  /**
   * Lets an endpoint send by this interface, from its own addresses and MAC address only: a `port` on Linux, any interface in
   * klee's group on FreeBSD. A `link` on Linux needs only its routes. Call it in `attach`, in any order with the rest. May be repeated.
   * Does nothing on a host without a working firewall.
   *
   * @throws TypeError for an interface that the rules would not take for a container's, or a port without a MAC address
   */
  guard(target: AttachTarget, hostInterface: string, signal: AbortSignal): Promise<void>;
  /** Takes that back. Call it in `detach`, whether the interface is there or not. Idempotent. */
  release(target: AttachTarget, hostInterface: string, signal: AbortSignal): Promise<void>;
  /** For `observe`: what is wrong with its entries, one sentence each. Empty on a host without a working firewall. */
  problems(target: AttachTarget, hostInterface: string): Promise<readonly string[]>;
}

/**
 * Makes a driver's data plane for one platform. Called once per command, and only when the driver is used there; once more for its
 * checks, with commands that only read.
 */
export type DataPlaneLoader = (dependencies: DataPlaneDependencies) => Promise<DataPlane>;

/** Another endpoint of the same container. */
export interface SiblingEndpoint {
  readonly network: Network;
  readonly endpoint: Endpoint;
  /**
   * Whether it is part of the container's desired state, so that a list of all addresses includes it; false while it is
   * being disconnected. When a container starts, its endpoints are attached one after the other.
   */
  readonly attached: boolean;
}

/** Input of attach, detach and observe. Frozen; also valid when the resources are long gone from the host. */
export interface AttachTarget {
  readonly container: { readonly id: string; readonly name: string };
  /** The run that the attachment belongs to. Its sandbox is never that of another run. */
  readonly runId: string;
  /** The sandbox to attach to. Named even when it does not exist, is incomplete or is gone. */
  readonly sandbox: Sandbox;
  readonly network: Network;
  readonly endpoint: Endpoint;
  /** The other endpoints of the container, ordered by connection. */
  readonly siblings: readonly SiblingEndpoint[];
  /** Resources that are recorded as made, or about to be made, for this endpoint. */
  readonly claims: readonly Resource[];
}

/** Services of core during one operation of a driver or a platform. */
export interface Operation {
  /** Raised when the deadline expires or the user interrupts; pass it on to every command. */
  readonly signal: AbortSignal;
  /**
   * Records a resource durably. Await it before the command that makes the resource, with a name chosen by the driver.
   * Only for resources that `plan` cannot know; each call costs a commit.
   */
  claim(resource: Resource): Promise<void>;
  /**
   * Leases these addresses to the endpoint, durably, in place of the ones that it has in their families; those of other families stay.
   * Await it before the host or the container gets them. Returns the target as it is now. The addresses stay leased until the container
   * is disconnected or removed, or another attach binds others. Repeating it changes nothing.
   *
   * Present in `attach` of drivers with `lateBinding`, and nowhere else.
   *
   * @throws KleenetError ADDRESS_FAMILY_MISSING, ADDRESS_OUT_OF_RANGE, ADDRESS_IN_USE, ADDRESS_RESERVED
   */
  bind?(addresses: PerFamily<IpAddress>): Promise<AttachTarget>;
}

/** Services of core while a driver works on one of its networks. */
export interface NetworkOperation extends Operation {
  /** Resources that are recorded as made by the driver, or about to be made, for this network. */
  readonly claims: readonly Resource[];
}

/**
 * The former name of {@link Operation}.
 * @deprecated since 0.1; use Operation
 */
export type AttachHost = Operation;

/** Whether a data plane can work on this host. */
export interface PlaneStatus {
  readonly state: 'ready' | 'degraded' | 'unavailable';
  /** Missing requirements and their remedies, one sentence each; empty when ready. */
  readonly reasons: readonly string[];
}

/** The state of one target on the host. */
export interface Observation {
  readonly endpointId: string;
  /** The host's end of the endpoint, for drivers that give each endpoint one. */
  readonly hostInterface?: string;
  /** Differences between target and host, one sentence each; empty when it is attached correctly. */
  readonly problems: readonly string[];
}

/**
 * A driver on one platform.
 *
 * Calls for one container never overlap; calls for different containers do. Core guards each call with a deadline and
 * an abort signal, and turns foreign errors into DRIVER_FAILED. Throw KleenetError for expected failures.
 */
export interface DataPlane {
  /** Checks tools and kernel. Changes nothing. Called before the first attach. */
  status(): Promise<PlaneStatus>;
  /**
   * The resources that `attach` will make under names known beforehand. Pure. Core records them as claims in the
   * commit that comes before `attach`.
   */
  plan(target: AttachTarget): readonly Resource[];
  /**
   * Makes the endpoint work. The sandbox exists, the network is up, the claims are recorded. Core calls it when a
   * container starts (before its command) and when a running container is connected. May be repeated. When it throws,
   * core calls `detach`.
   */
  attach(target: AttachTarget, operation: Operation): Promise<void>;
  /**
   * Removes the resources of `attach`, and nothing else: only those with our mark. Idempotent: it succeeds when the
   * sandbox, the interface or both are gone, incomplete or were never made. Tries every step before it throws. Called
   * before the sandbox is destroyed, and before the lease is released.
   */
  detach(target: AttachTarget, operation: Operation): Promise<void>;
  /**
   * Compares targets with the host. Changes nothing. One answer for each target, in their order. `check` calls it for
   * several containers at the same time.
   */
  observe(targets: readonly AttachTarget[]): Promise<readonly Observation[]>;
  /**
   * The resources that `networkUp` will make under names known beforehand, for a network that belongs to this driver. Pure. Core
   * records them as claims of the network in the commit that comes before `networkUp`. Default: none.
   */
  planNetwork?(network: Network): readonly Resource[];
  /**
   * Makes what a network that belongs to this driver needs on the host, beside its interface, which klee has made by then. Called
   * whenever the network is brought up: when it is created, before its first attach after a boot, and by `system repair`. May be
   * repeated. When it throws while the network is created, core calls `networkDown`. Default: nothing is made.
   */
  networkUp?(network: Network, operation: NetworkOperation): Promise<void>;
  /**
   * Removes the resources of `networkUp`, and nothing else. Called before klee removes the network's interface, when every endpoint
   * is detached. Idempotent: it succeeds when some of them or all are gone, or were never made. Tries every step before it throws.
   * Default: nothing is removed.
   */
  networkDown?(network: Network, operation: NetworkOperation): Promise<void>;
  /**
   * Differences between a network that belongs to this driver and the host, one sentence each; empty when it is up. Changes nothing.
   * `system repair` calls `networkUp` where there are any. Default: none are found.
   */
  observeNetwork?(network: Network): Promise<readonly string[]>;
  /**
   * Reasons why an endpoint cannot work on this host, such as a missing interface, beyond what `validateEndpoint` sees. Only reads:
   * a command that changes something is an error of the driver. Called before anything is recorded, when a container is connected or
   * created with a network; needs the capability `hostChecks`. Throw nothing for what cannot be found out: answer with no issue.
   */
  checkEndpoint?(
    network: Network,
    request: EndpointRequest,
    options: CheckOptions,
  ): Promise<readonly Issue[]>;
  /** The same for a network that is to belong to this driver, before it is created. */
  checkNetwork?(network: Network, options: CheckOptions): Promise<readonly Issue[]>;
}

/** Options of a check of the host. */
export interface CheckOptions {
  /** Raised when the deadline expires or the user interrupts; pass it on to every command. */
  readonly signal: AbortSignal;
}
