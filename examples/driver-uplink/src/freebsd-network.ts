/** What a network of this driver has on a FreeBSD host beside its bridge, and what the host must have for it. */
import { FAMILIES, settleAll } from '@kleenet/core/driver';
import type { Family, Issue, Network } from '@kleenet/core/driver';
import { gone, there } from './freebsd-host.ts';
import type { FreebsdHost } from './freebsd-host.ts';
import { parseInterfaces, parseRoute } from './freebsd-ifconfig.ts';
import { DEFAULT_MTU, words } from './freebsd-plan.ts';
import { leavingFamilies, tableIssue, tableOf, wayOutIssue } from './options.ts';
import type { WayOut } from './options.ts';

const VERSION: Readonly<Record<Family, string>> = { ipv4: '-inet', ipv6: '-inet6' };

/**
 * A FIB knows only the networks of the interfaces that are in it, and the bridge stays in the first one. So the network gets a route
 * there: for what comes back by an interface of the FIB, and for containers that reach published ports of each other by the host.
 */
function routesTo({ pools, interface: bridge }: Network): readonly {
  readonly family: Family;
  readonly subnet: string;
  readonly words: string;
}[] {
  return FAMILIES.flatMap((family) => {
    const subnet = pools[family]?.subnet;
    if (subnet === undefined) return [];
    return [{ family, subnet, words: `${VERSION[family]} ${subnet} -iface ${bridge}` }];
  });
}

export class FreebsdNetwork {
  readonly #host: FreebsdHost;

  constructor(host: FreebsdHost) {
    this.#host = host;
  }

  /** May be repeated, and brings back what is missing. */
  async up(network: Network, signal: AbortSignal): Promise<void> {
    const fib = tableOf(network);
    if (fib === undefined) return;
    for (const { words: route } of routesTo(network)) {
      const argv = words(`route -n add ${route} -fib ${fib}`);
      await this.#host.change(argv, { signal, tolerate: there });
    }
  }

  /** They also go with the bridge, but not while something else keeps that. */
  async down(network: Network, signal: AbortSignal): Promise<void> {
    const fib = tableOf(network);
    if (fib === undefined || !(await this.#has(fib, signal))) return;
    await settleAll(
      routesTo(network).map(({ words: route }) =>
        this.#host.change(words(`route -n delete ${route} -fib ${fib}`), {
          signal,
          tolerate: gone,
        }),
      ),
    );
  }

  async observe(network: Network): Promise<readonly string[]> {
    const fib = tableOf(network);
    if (fib === undefined) return [];
    if (!(await this.#has(fib))) return [`the host has no FIB ${fib}`];
    const found = await Promise.all(
      routesTo(network).map(async ({ family, subnet }) => {
        const [address = ''] = subnet.split('/');
        const route = await this.#route(fib, family, address);
        return route.interface === network.interface
          ? []
          : [`FIB ${fib} has no route to ${subnet}`];
      }),
    );
    return found.flat();
  }

  /** What keeps a network from leaving by its FIB: asked before it is made. */
  async check(network: Network, signal: AbortSignal): Promise<readonly Issue[]> {
    return this.#check(network, network.mtu ?? DEFAULT_MTU, signal);
  }

  /** Whether there is a way out now: asked when a container is connected. */
  async checkWayOut(network: Network, signal: AbortSignal): Promise<readonly Issue[]> {
    return this.#check(network, 0, signal);
  }

  async #check(network: Network, mtu: number, signal: AbortSignal): Promise<readonly Issue[]> {
    const fib = tableOf(network);
    if (fib === undefined) return [];
    if (!(await this.#has(fib, signal)))
      return [
        tableIssue(`this host has no FIB ${fib}: set net.fibs=${fib + 1} in /boot/loader.conf`),
      ];
    const issues = await Promise.all(
      leavingFamilies(network).map(async (family) =>
        wayOutIssue(fib, family, mtu, await this.#wayOut(fib, family, signal)),
      ),
    );
    return issues.flat();
  }

  async #wayOut(fib: number, family: Family, signal: AbortSignal): Promise<WayOut | undefined> {
    const { interface: device } = await this.#route(fib, family, 'default', signal);
    if (device === undefined) return undefined;
    const shown = await this.#host.read(words(`ifconfig ${device}`), { signal });
    const [found] = parseInterfaces(shown ?? '');
    return { interface: device, ...(found === undefined ? {} : { mtu: found.mtu }) };
  }

  async #route(
    fib: number,
    family: Family,
    destination: string,
    signal?: AbortSignal,
  ): Promise<ReturnType<typeof parseRoute>> {
    const argv = words(`route -n get ${VERSION[family]} ${destination} -fib ${fib}`);
    return parseRoute((await this.#host.read(argv, { signal })) ?? '');
  }

  async #has(fib: number, signal?: AbortSignal): Promise<boolean> {
    const fibs = await this.#host.read(words('sysctl -n net.fibs'), { signal });
    return fib < Number(fibs);
  }
}
