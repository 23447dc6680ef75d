/**
 * ipnet on FreeBSD: an endpoint is an alias on the network's interface, and an entry in the jail's list of addresses.
 * The jail may use the addresses on its list only, and only the host can change the list.
 */
import type {
  Argv,
  Network,
  Operation,
  AttachTarget,
  DataPlane,
  DataPlaneDependencies,
  HeldAddress,
  IpAddress,
  Observation,
  PlaneStatus,
  Resource,
} from '@kleenet/core/driver';
import { heldAddresses, tryAll } from '@kleenet/core/driver';
import { KleenetError, hasCode } from '@kleenet/core/errors';
import {
  addAddressArgv,
  change,
  changeInOrder,
  guardEndpoint,
  lookForLeft,
  readInterface,
  readInterfaces,
  readJails,
  releaseEndpoint,
  removeAddressArgv,
  setAddresses,
  setAddressesArgv,
  silenceAddresses,
  unguardedEndpoints,
} from '@kleenet/platform/freebsd';
import type { Interface, Jail } from '@kleenet/platform/freebsd';
import { findAlias, jailAddresses, listProblems, resources, takenAddress } from './freebsd-plan.ts';

/** In milliseconds: duplicate address detection takes a second or two (RFC 4862, section 5.4). */
const CHECK_PATIENCE = 5000;
const CHECK_INTERVAL = 250;

/** The state of the host, read once for all targets. */
interface HostView {
  readonly interfaces: readonly Interface[];
  readonly jails: readonly Jail[];
  /** The ids of endpoints without complete firewall entries. */
  readonly unguarded: readonly string[];
}

export class FreebsdIpnet implements DataPlane {
  readonly #commands: DataPlaneDependencies['commands'];
  readonly #clock: DataPlaneDependencies['clock'];
  readonly #logger: DataPlaneDependencies['logger'];

  constructor({ commands, clock, logger }: DataPlaneDependencies) {
    this.#commands = commands;
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Listing jails with their addresses fails if programs or the kernel lack them. */
  async status(): Promise<PlaneStatus> {
    try {
      await readJails(this.#commands, { shared: true });
      return { state: 'ready', reasons: [] };
    } catch (error) {
      if (!hasCode(error, 'TOOL_MISSING', 'PLATFORM_UNSUPPORTED')) throw error;
      return {
        state: 'unavailable',
        reasons: [[error.message, error.hint].filter(Boolean).join(': ')],
      };
    }
  }

  plan(target: AttachTarget): readonly Resource[] {
    return resources(target);
  }

  /** From outside to inside: the firewall knows the address before the jail can use it. */
  async attach(target: AttachTarget, { signal }: Operation): Promise<void> {
    const { network, sandbox } = target;
    const [interfaces] = await Promise.all([
      readInterfaces(this.#commands, { signal }),
      lookForLeft(this.#commands, network, signal),
    ]);
    const taken = takenAddress(target, interfaces);
    if (taken !== undefined) throw addressInUse(taken.address, `an address of ${taken.interface}`);
    await guardEndpoint(this.#commands, target, signal);
    const added = heldAddresses(target).filter(
      (held) => findAlias(held, network, interfaces) === undefined,
    );
    const aliases = added.map((held) => aliasArgv(network, held));
    const list = setAddressesArgv(sandbox.name, jailAddresses(target, { attached: true }));
    const checked = added.filter(({ family }) => network.type === 'custom' && family === 'ipv6');
    await changeInOrder(this.#commands, checked.length === 0 ? [...aliases, list] : aliases, {
      signal,
    });
    if (checked.length === 0) return;
    for (const { address } of checked)
      await this.#waitUntilChecked(network.interface, address, signal);
    await change(this.#commands, list, { signal });
  }

  async #waitUntilChecked(name: string, address: IpAddress, signal: AbortSignal): Promise<void> {
    for (let waited = 0; waited < CHECK_PATIENCE; waited += CHECK_INTERVAL) {
      const there = await readInterface(this.#commands, name, { signal });
      const held = there?.addresses.find((one) => one.address === address);
      if (held?.duplicated === true)
        throw addressInUse(address, `that of another host on the link of ${name}`);
      if (held?.tentative !== true) return;
      await this.#clock.sleep(CHECK_INTERVAL, signal);
    }
    this.#logger.warn(
      `${name} still checks ${address} for duplicates; the address works once that is done, which takes a link`,
    );
  }

  async detach(target: AttachTarget, { signal }: Operation): Promise<void> {
    const { network } = target;
    let reading: Promise<Interface | undefined> | undefined;
    const look = (): Promise<Interface | undefined> =>
      (reading ??= readInterface(this.#commands, network.interface, { signal }));
    await tryAll([
      () => this.#takeFromJail(target, look, signal),
      async () => this.#removeAliases(target, await look(), signal),
      () => releaseEndpoint(this.#commands, target, signal),
    ]);
  }

  /** A running jail keeps its sockets. @param beside - is read at the same time as those */
  async #takeFromJail(
    target: AttachTarget,
    beside: () => Promise<unknown>,
    signal: AbortSignal,
  ): Promise<void> {
    const remaining = jailAddresses(target, { attached: false });
    const { reason } = await setAddresses(this.#commands, target.sandbox.name, remaining, {
      signal,
      tolerate: ['jail-gone', 'jail-dying'],
    });
    if (reason !== undefined) return;
    const silenced = silenceAddresses(this.#commands, target, signal);
    await Promise.allSettled([silenced, beside()]);
    await silenced;
  }

  /** An address in another form is not ours, and stays. */
  async #removeAliases(
    target: AttachTarget,
    there: Interface | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const { network } = target;
    const interfaces = there === undefined ? [] : [there];
    const aliases = heldAddresses(target).filter((held) => findAlias(held, network, interfaces));
    await tryAll(
      aliases.map(
        ({ address }) =>
          () =>
            change(this.#commands, removeAddressArgv(network.interface, address), {
              signal,
              tolerate: ['address-gone', 'interface-gone'],
            }),
      ),
    );
  }

  async observe(targets: readonly AttachTarget[]): Promise<readonly Observation[]> {
    if (targets.length === 0) return [];
    const [interfaces, jails, unguarded] = await Promise.all([
      readInterfaces(this.#commands, { shared: true }),
      readJails(this.#commands, { shared: true }),
      unguardedEndpoints(this.#commands, targets),
    ]);
    return targets.map((target) => ({
      endpointId: target.endpoint.id,
      problems: problems(target, { interfaces, jails, unguarded }),
    }));
  }
}

function problems(target: AttachTarget, host: HostView): readonly string[] {
  const { container, endpoint, network, sandbox } = target;
  const jail = host.jails.find(({ name }) => name === sandbox.name);
  return [
    ...heldAddresses(target).flatMap((held) => aliasProblems(held, target, host.interfaces)),
    ...listProblems(target, jail?.addresses ?? {}),
    ...(host.unguarded.includes(endpoint.id)
      ? [`the firewall does not know container '${container.name}' on network '${network.name}'`]
      : []),
  ];
}

function aliasProblems(
  held: HeldAddress,
  { network }: AttachTarget,
  interfaces: readonly Interface[],
): readonly string[] {
  const alias = findAlias(held, network, interfaces);
  if (alias === undefined)
    return [`interface ${network.interface} lacks the address ${held.address}`];
  if (!alias.duplicated) return [];
  return [`another host on the link of ${network.interface} has the address ${held.address}`];
}

/**
 * An interface of the user's is a shared link, where another machine may have the IPv6 address. A loopback interface
 * has no link, and no duplicate address detection.
 */
function aliasArgv({ interface: name, type }: Network, held: HeldAddress): Argv {
  const { address, singlePrefix: prefix } = held;
  return addAddressArgv(name, { address, prefix, atOnce: type === 'bridge' });
}

function addressInUse(address: string, whose: string): KleenetError {
  return new KleenetError('ADDRESS_IN_USE', `the address ${address} is ${whose}`, {
    hint: "remove it there, or connect again with another address: 'klee network connect --ip', '--ip6'",
    details: { address },
  });
}
