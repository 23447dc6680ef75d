/** Drivers whose data plane for FreeBSD has one fault; all else of them works. */
import type { Capabilities } from '@kleenet/core/driver';
import type { Change } from '../dressed.ts';
import { OWN, RESTRICTED } from '../reference.ts';
import { strange } from './broken-driver.ts';

export interface BrokenOnFreebsd {
  readonly fault: string;
  readonly capabilities: Capabilities;
  readonly change: Change;
  readonly fails: string;
  /** Cases that the same fault fails, too. */
  readonly also?: readonly string[];
}

export const BROKEN_ON_FREEBSD: readonly BrokenOnFreebsd[] = [
  {
    fault: 'plans nothing, and makes something',
    capabilities: RESTRICTED,
    change: () => ({ plan: () => [] }),
    fails: 'every resource on the host at any moment of attach was claimed before',
  },
  {
    fault: 'leaks an interface',
    capabilities: OWN,
    change: (plane, host) => ({
      async attach(target, call) {
        await plane.attach(target, call);
        await call.claim({ kind: 'interface', name: 'leak0' });
        await host.tamper((state) => {
          state.interfaces['/leak0'] = strange('leak0');
        });
      },
    }),
    fails: 'detach leaves the host as it was before attach',
    also: ['observe finds what is missing: never attached, detached, or removed behind its back'],
  },
  {
    fault: 'always finds that all is well',
    capabilities: OWN,
    change: () => ({
      observe: (targets) =>
        Promise.resolve(targets.map(({ endpoint }) => ({ endpointId: endpoint.id, problems: [] }))),
    }),
    fails: 'observe finds what is missing: never attached, detached, or removed behind its back',
  },
];
