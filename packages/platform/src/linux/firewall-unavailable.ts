/** Stands in where there is no firewall: says so, and refuses rules rather than pretending. */
import type { FirewallPlatform } from '@kleenet/core';
import { KleenetError } from '@kleenet/core/errors';

export function createUnavailableFirewall(reason: string): FirewallPlatform {
  return {
    status: () => Promise.resolve({ state: 'unavailable', reasons: [reason] }),
    render: () => '',
    async apply(rules) {
      if (rules !== '') throw new KleenetError('FIREWALL_UNAVAILABLE', reason);
    },
    clear: () => Promise.resolve(),
    observe: () => Promise.resolve([]),
  };
}
