/** Drivers with a fault in what they do for networks of their own, or in their checks of the host. */
import type { NetworkDriver } from '@kleenet/core/driver';
import { needed, withHooks } from '../own-networks.ts';
import type { HookChange } from '../own-networks.ts';
import { withPlane } from '../reference.ts';
import { strange } from './broken-driver.ts';
import type { BrokenDriver } from './broken-driver.ts';

let answers = 0;

const described = (check: (text: string) => string | undefined): Partial<NetworkDriver> => ({
  networkOptions: { vlan: { description: 'Number of the VLAN. Default: none.', check } },
});

/** Declarations. */
const DECLARED: readonly BrokenDriver[] = [
  {
    fault: 'checks an option of its networks by lot',
    subject: withHooks(
      undefined,
      described(() => `${answers++}`),
    ),
    fails: 'the check of an option of its networks gives the same answer to the same text',
  },
  {
    fault: 'has an option of its networks whose check throws',
    subject: withHooks(
      undefined,
      described((text) => (/^\d+$/.exec(text) as RegExpExecArray)[0]),
    ),
    fails: 'the options of its networks are described, and their checks answer for any text',
  },
  {
    fault: 'has an option of its networks that takes any text',
    subject: withHooks(
      undefined,
      described(() => undefined),
    ),
    fails:
      'the check of an option of its networks refuses an empty text, white space at either end, and control characters',
  },
  {
    fault: 'does not know the options that its networks have',
    subject: withHooks(),
    options: { networkOptions: { colour: 'green' } },
    fails: 'the options that its networks have in these cases are its own, and pass their checks',
  },
  {
    fault: 'refuses every network of its own',
    subject: withHooks(undefined, { validateNetwork: () => [{ path: 'name', message: 'never' }] }),
    fails: 'validateNetwork accepts an ordinary network of each declared type, and is pure',
  },
  {
    fault: 'has methods for its networks, and does not say so',
    subject: withPlane(() => ({ observeNetwork: () => Promise.resolve([]) })),
    fails:
      'what it has for networks of its own and for checks is declared: networkOptions, hostChecks',
  },
  {
    fault: 'has a check of the host, and does not say so',
    subject: withPlane(() => ({ checkEndpoint: () => Promise.resolve([]) })),
    fails:
      'what it has for networks of its own and for checks is declared: networkOptions, hostChecks',
  },
];

const ROWS: readonly (readonly [fault: string, change: HookChange, fails: string])[] = [
  [
    'plans a network differently each time',
    () => ({
      planNetwork: () => [{ kind: 'note', name: `note-${answers++}` }],
      async networkUp() {},
      async networkDown() {},
      observeNetwork: () => Promise.resolve([]),
    }),
    'planNetwork is pure, and plans what can be removed without the driver',
  ],
  [
    'makes an interface for a network without a claim',
    (works) => ({
      networkUp: (network, operation) =>
        works.networkUp(network, { ...operation, claim: () => Promise.resolve() }),
    }),
    'what networkUp makes on the host is claimed',
  ],
  [
    'cannot bring a network up that is up',
    (works, host) => ({
      async networkUp(network, operation) {
        const [, last] = needed(network);
        if ((await host.inspect()).interfaces[`/${last.interface}`] !== undefined)
          throw new Error('it is there');
        await works.networkUp(network, operation);
      },
    }),
    'networkUp may be repeated, also when a part of it failed',
  ],
  [
    'removes what a network needs only where all of it is there',
    (works, host) => ({
      async networkDown(network, operation) {
        const { interfaces } = await host.inspect();
        if (needed(network).every((one) => interfaces[`/${one.interface}`] !== undefined))
          await works.networkDown(network, operation);
      },
    }),
    'networkDown leaves the host as it was before networkUp, whole or in part',
  ],
  [
    'cannot take down what is down',
    (works, host) => ({
      async networkDown(network, operation) {
        const { interfaces } = await host.inspect();
        if (needed(network).every((one) => interfaces[`/${one.interface}`] === undefined))
          throw new Error('it is not there');
        await works.networkDown(network, operation);
      },
    }),
    'networkDown may be repeated, and changes nothing where nothing was made',
  ],
  [
    'takes all of its networks down with one',
    (works, host) => ({
      async networkDown(network, operation) {
        await works.networkDown(network, operation);
        const names = Object.values((await host.inspect()).interfaces).map(({ name }) => name);
        for (const name of names.filter((one) => /^(own|tun)/.test(one))) {
          const other = { ...network, id: name, interface: name, type: 'bridge' as const };
          await host.networks.down(other, [], operation);
        }
      },
    }),
    'networkDown leaves other networks of the driver alone',
  ],
  [
    'always finds that a network is up',
    () => ({ observeNetwork: () => Promise.resolve([]) }),
    'observeNetwork finds what is missing, and nothing else, and changes nothing',
  ],
  [
    'changes the host in a dry run of networkUp',
    (works, host) => ({
      async networkUp(network, operation) {
        await works.networkUp(network, operation);
        await host.tamper(({ interfaces }) => {
          const [first] = needed(network);
          interfaces[`/${first.interface}`] ??= strange(first.interface);
        });
      },
    }),
    'networkUp and networkDown change nothing in a dry run',
  ],
  [
    'checks refuse every endpoint',
    () => ({ checkEndpoint: () => Promise.resolve([{ path: 'network', message: 'never' }]) }),
    'checks accept an ordinary endpoint and network on a host where attach works',
  ],
  [
    'a check makes what it misses',
    (works, host) => ({
      async checkNetwork(network, options) {
        await host.tamper(({ interfaces }) => {
          interfaces['/checked0'] = strange('checked0');
        });
        return works.checkNetwork(network, options);
      },
    }),
    'checks take no step on the host',
  ],
  [
    'a check throws where the interface is gone',
    (works) => ({
      async checkEndpoint(network, request, options) {
        const issues = await works.checkEndpoint(network, request, options);
        if (issues.length > 0) throw new Error('gone');
        return issues;
      },
    }),
    'checks answer with issues and do not throw when the interface of the network is gone',
  ],
];

export const BROKEN_OWN_NETWORKS: readonly BrokenDriver[] = [
  ...DECLARED,
  ...ROWS.map(([fault, change, fails]) => ({ fault, subject: withHooks(change), fails })),
];
