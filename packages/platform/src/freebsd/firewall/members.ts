/** Whether the kernel passes packets between members of a bridge to pf. */
import type { CommandRunner } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';
import { differingSysctls } from '../sysctl.ts';
import type { Sysctl, SysctlChange } from '../sysctl.ts';

/**
 * Makes the kernel filter packets between the members of a bridge, and pass only IP and ARP between them
 * (if_bridge(4)). Defaults differ between releases.
 */
export const MEMBER_FILTER: readonly Sysctl[] = [
  { name: 'net.link.bridge.pfil_member', value: '1' },
  { name: 'net.link.bridge.pfil_onlyip', value: '1' },
];

export function memberSentence({ name, old, value }: SysctlChange): string {
  return `the kernel setting ${name} is ${old}, not ${value}, so that pf does not see all that containers on a bridge send to each other: 'klee system repair' sets it`;
}

/**
 * Refuses a sender whose packets pf would not check.
 * @throws KleenetError FIREWALL_UNAVAILABLE
 */
export async function requireMemberFilter(
  commands: CommandRunner,
  options: { readonly signal?: AbortSignal } = {},
): Promise<void> {
  const differing = await differingSysctls(commands, MEMBER_FILTER, options);
  if (differing.length === 0) return;
  throw new KleenetError('FIREWALL_UNAVAILABLE', differing.map(memberSentence).join('; '), {
    hint: 'run: klee system repair',
    details: { settings: differing.map(({ name }) => name) },
  });
}
