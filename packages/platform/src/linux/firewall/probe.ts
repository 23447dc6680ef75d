/** Whether this host supports klee's rules. */
import type { Cidr, CommandRunner, FirewallIntents, IpAddress } from '@kleenet/core';
import { hasCode } from '@kleenet/core/errors';
import { nftRefusal } from '../nft.ts';
import { renderFirewall } from './render.ts';

/** A network and a port that use every kind of rule; from documentation ranges (RFC 5737, RFC 3849). */
const SAMPLE: FirewallIntents = {
  networks: [
    {
      id: '000000000000',
      name: 'sample',
      type: 'bridge',
      interface: 'klnsample',
      subnets: { ipv4: '192.0.2.0/24' as Cidr, ipv6: '2001:db8::/64' as Cidr },
      hostAddresses: {},
      nat: true,
      icc: true,
      internal: false,
    },
  ],
  published: [
    {
      containerId: '000000000000',
      networkId: '000000000000',
      stack: 'restricted',
      port: { protocol: 'tcp', hostPorts: [1, 1], containerPort: 1 },
      addresses: { ipv4: '192.0.2.2' as IpAddress, ipv6: '2001:db8::2' as IpAddress },
      sources: ['192.0.2.2' as IpAddress, '2001:db8::2' as IpAddress],
      beside: [],
    },
  ],
};

const answers = new WeakMap<CommandRunner, Promise<string | undefined>>();

/** The reason why the rules cannot be loaded here, if any. Asks the kernel once for each command runner. */
export function firewallRefusal(commands: CommandRunner): Promise<string | undefined> {
  const known = answers.get(commands);
  if (known !== undefined) return known;
  const answer = probe(commands);
  answers.set(commands, answer);
  answer.catch(() => answers.delete(commands));
  return answer;
}

async function probe(commands: CommandRunner): Promise<string | undefined> {
  try {
    const said = await nftRefusal(commands, renderFirewall(SAMPLE));
    return said === undefined ? undefined : `nft(8) refuses the rules that klee needs: ${said}`;
  } catch (error) {
    if (!hasCode(error, 'TOOL_MISSING')) throw error;
    return 'nft(8) is missing: install nftables';
  }
}
