/** The actual path of the host's packets, according to its kernel. */
import { parseList } from '@kleenet/core';
import type { Cidr, CommandRunner, HostRoute, IpAddress, Network } from '@kleenet/core';
import { isMarked, links, parseIp, routes } from '@kleenet/core/linux';
import { HOST_DETAILS } from './host-look.ts';
import { ipRead } from './ip.ts';
import { asksMainFirst, policyRoute } from './policy-routes.ts';
import type { IpRule } from './policy-routes.ts';

/** The route of a table before the main one, if packets to the subnet take it. */
export async function readPolicyRoute(
  commands: CommandRunner,
  subnet: Cidr,
): Promise<HostRoute | undefined> {
  const family = subnet.includes(':') ? '-6' : '-4';
  const { stdout } = await commands.read(['ip', family, '-j', 'rule', 'show']);
  const rules = parseList<IpRule>('ip', stdout);
  if (asksMainFirst(subnet, rules)) return undefined;
  const known = await commands.read(['ip', family, '-j', '-d', 'route', 'show', 'table', 'all']);
  return policyRoute(subnet, { rules, routes: routes(parseIp(known.stdout)) });
}

/**
 * Obstacles between the host and addresses of running containers, one sentence each: foreign routes or rules. If klee's
 * own route is missing, nothing hides it, and other checks report that.
 */
export async function hiddenAddresses(
  commands: CommandRunner,
  network: Network,
  addresses: readonly IpAddress[],
): Promise<readonly string[]> {
  if (addresses.length === 0) return [];
  const [present, answers] = await Promise.all([
    ipRead(commands, HOST_DETAILS),
    // A failed line means an unreachable address; the other lines are still answered.
    commands.read(['ip', '-j', '-d', '-force', '-batch', '-'], {
      input: addresses.map((address) => `route get ${address}\n`).join(''),
      accept: 'any',
    }),
  ]);
  const ours = links(present).filter(({ group }) => isMarked({ group }));
  const leadsThere = new Set([network.interface, ...ours.map(({ ifname }) => ifname)]);
  return routes(parseIp(answers.stdout)).flatMap(({ dst, dev = '', type, table = 'main' }) => {
    if (leadsThere.has(dev)) return [];
    if (type === 'local') return [`the host itself has the address ${dst} of a container`];
    return [
      `packets to ${dst} leave by ${dev} (table ${table}): a route or rule of the host hides the container`,
    ];
  });
}
