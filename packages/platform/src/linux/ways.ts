/** By which way packets of the host really go, as its kernel says. */
import type { Cidr, CommandRunner, HostRoute, IpAddress, Network } from '@kleenet/core';
import { ipRead, links, parseObjects, routes } from './ip.ts';
import { LINK_GROUP } from './names.ts';
import { policyRoute } from './policy-routes.ts';
import type { IpRule } from './policy-routes.ts';

/** The route of a table that is asked before the main one, if packets to the subnet leave by it. */
export async function readPolicyRoute(
  commands: CommandRunner,
  subnet: Cidr,
): Promise<HostRoute | undefined> {
  const family = subnet.includes(':') ? '-6' : '-4';
  const [rules, known] = await Promise.all([
    commands.read(['ip', family, '-j', 'rule', 'show']),
    commands.read(['ip', family, '-j', '-d', 'route', 'show', 'table', 'all']),
  ]);
  return policyRoute(subnet, {
    rules: rules.stdout.trim() === '' ? [] : (JSON.parse(rules.stdout) as readonly IpRule[]),
    routes: routes(parseObjects(known.stdout)),
  });
}

/**
 * What keeps the host from addresses of running containers, one sentence each: a route or rule that others have made.
 * Where klee's own route is missing there is none to hide, and other checks tell that.
 */
export async function hiddenAddresses(
  commands: CommandRunner,
  network: Network,
  addresses: readonly IpAddress[],
): Promise<readonly string[]> {
  if (addresses.length === 0) return [];
  const [ours, answers] = await Promise.all([
    ipRead(commands, { lines: [`link show group ${LINK_GROUP}`] }),
    // A line that fails is an address without any way, and the others are answered all the same.
    commands.read(['ip', '-j', '-d', '-force', '-batch', '-'], {
      input: addresses.map((address) => `route get ${address}\n`).join(''),
      accept: 'any',
    }),
  ]);
  const leadsThere = new Set([network.interface, ...links(ours).map(({ ifname }) => ifname)]);
  return routes(parseObjects(answers.stdout)).flatMap(({ dst, dev = '', type, table = 'main' }) => {
    if (leadsThere.has(dev)) return [];
    if (type === 'local') return [`the host itself has the address ${dst} of a container`];
    return [
      `packets to ${dst} leave by ${dev} (table ${table}): a route or rule of the host hides the container`,
    ];
  });
}
