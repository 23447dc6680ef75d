/** What a driver says of itself. Part of the contract, which `driver.ts` is the entry to. */
import type { Family } from '../address/types.ts';
import type { NetworkType, Stack } from '../model.ts';

/** A platform by name. A driver has a data plane for each platform that it supports; core has one for `memory`. */
export type PlatformName = 'freebsd' | 'linux' | 'memory';

/**
 * The capabilities of a driver. The engine, the conformance kit, help and docs rely on them; none of them tests for
 * methods.
 *
 * An absent flag is false. What a later minor version adds has a default under which older drivers work unchanged.
 */
export interface Capabilities {
  /**
   * The sandbox that the platform makes before the first attach: `own` has its own network stack; `restricted` shares
   * the host's stack, or has one that the container cannot change, and shows only attached addresses; `host` is the
   * host's; `none` has none at all.
   */
  readonly stack: Stack;
  /** The network types that it connects to. Empty: it connects to none, and connecting is refused. */
  readonly networkTypes: readonly NetworkType[];
  /** The address families that it can attach. A network that also has another family is refused. */
  readonly families: readonly Family[];
  /**
   * Whether `attach` may be called while the container's command runs. Default false: connecting needs a stopped
   * container.
   */
  readonly connectWhileRunning?: boolean;
  /**
   * Whether `detach` may be called while the container's command runs. Default false: disconnecting needs a stopped
   * container.
   */
  readonly disconnectWhileRunning?: boolean;
  /** Whether ports of its containers can be published. Default false: `--publish` is refused. */
  readonly publishPorts?: boolean;
  /**
   * Whether each endpoint has its own MAC address. Core then assigns one, unique in its network. Default false:
   * endpoints have none, and `--mac` is refused.
   */
  readonly mac?: boolean;
  /**
   * Whether its containers have their own default route, so that `gatewayPriority` matters. Default false: the priority
   * is recorded, and has no effect.
   */
  readonly gateway?: boolean;
  /**
   * Whether its data plane learns the addresses of an endpoint while it attaches it, for example by DHCP, and tells them with
   * {@link Operation.bind}. Core then leases only what the user asks for, so that an endpoint may be planned, attached and detached
   * without an address. Default false: core chooses an address of each family.
   */
  readonly lateBinding?: boolean;
  /**
   * The network types on which no packet of its containers leaves an internal network, nor reaches one from outside. Default: all of
   * `networkTypes`. Other internal networks are refused. Leave out a type on which its packets pass neither klee's firewall nor
   * anything else that keeps them inside: a network that says internal and is not is worse than a refusal.
   */
  readonly internalOn?: readonly NetworkType[];
  /**
   * The network types on which its containers do not reach each other when the network is made with `--no-icc`. Default: all of
   * `networkTypes`. Other networks without icc are refused.
   */
  readonly noIccOn?: readonly NetworkType[];
  /**
   * Whether its data planes have `checkEndpoint` or `checkNetwork`. Default false: they are not called, so that a command that only
   * records a connection need not load the data plane.
   */
  readonly hostChecks?: boolean;
}
