/** Drivers with one fault each, and the case that must name it. */
import type { AttachTarget, Network } from '@kleenet/core/driver';
import { KleenetError, hasCode } from '@kleenet/core/errors';
import type { SimulatedInterface, SimulatedPlatform } from '@kleenet/core/testing';
import type { Subject } from '../../src/index.ts';
import { OWN, RESTRICTED, withDriver, withPlane } from './reference.ts';

export interface BrokenDriver {
  readonly fault: string;
  readonly subject: Subject;
  /** The one case that fails. */
  readonly fails: string;
}

const NEVER = new AbortController().signal;
let answers = 0;

export const BROKEN_MANIFESTS: readonly BrokenDriver[] = [
  {
    fault: 'has a name that is no name',
    subject: withDriver({ name: 'My Driver' }),
    fails: 'its name is lower-case letters, digits and dashes',
  },
  {
    fault: 'has capabilities that can be changed',
    subject: withDriver({ capabilities: { ...OWN } }),
    fails: 'its capabilities are frozen data of the declared form',
  },
  {
    fault: "connects to networks with the host's stack",
    subject: withDriver({ capabilities: Object.freeze({ ...RESTRICTED, stack: 'host' }) }),
    fails: 'its capabilities do not contradict each other',
  },
  {
    fault: 'has an option whose check throws',
    subject: withDriver({
      options: {
        size: {
          description: 'In bytes.',
          check: (value) => (JSON.parse(value) === 0 ? undefined : 'not 0'),
        },
      },
    }),
    fails: 'its options are described, and their checks answer for any text',
  },
  {
    fault: 'has a data plane for a platform that does not exist',
    subject: withDriver({ dataPlanes: { plan9: () => Promise.reject(new Error('no')) } as object }),
    fails: 'it names data planes of known platforms only',
  },
  {
    fault: 'has a data plane that lacks a method',
    subject: withDriver({
      dataPlanes: {
        linux: () =>
          Promise.resolve({ plan: () => [], observe: () => Promise.resolve([]) } as never),
      },
    }),
    fails: 'its data plane for linux loads without running a command, and has every method',
  },
];

export const BROKEN_VALIDATIONS: readonly BrokenDriver[] = [
  {
    fault: 'validates by adding to the request',
    subject: withDriver({
      validateEndpoint: (_network, request) => {
        Object.assign(request.options, { color: 'green' });
        return [];
      },
    }),
    fails: 'validateEndpoint leaves its input as it is',
  },
  {
    fault: 'validates by mood',
    subject: withDriver({
      validateEndpoint: (_network, { addresses }) => {
        const mood = Object.keys(addresses).length === 0 ? answers++ : 0;
        return mood % 2 === 0 ? [] : [{ path: 'ip', message: 'not today' }];
      },
    }),
    fails: 'validateEndpoint gives the same answer to the same question',
  },
  {
    fault: 'refuses every network',
    subject: withDriver({ validateEndpoint: () => [{ path: 'network', message: 'no' }] }),
    fails:
      'validateEndpoint accepts an ordinary endpoint on every network that the driver declares',
  },
  {
    fault: 'throws instead of answering',
    subject: withDriver({
      validateEndpoint: (_network, { gatewayPriority }) => {
        if (gatewayPriority < 0) throw new Error('no');
        return [];
      },
    }),
    fails:
      'validateEndpoint answers requests that it cannot fulfil with issues, and does not throw',
  },
];

export const BROKEN_PLANES: readonly BrokenDriver[] = [
  {
    fault: 'plans something else each time',
    subject: withPlane((plane) => ({
      plan: (target) => [...plane.plan(target), { kind: 'note', name: `note-${answers++}` }],
    })),
    fails: 'plan is pure',
  },
  {
    fault: 'plans nothing, and makes something',
    subject: withPlane(() => ({ plan: () => [] })),
    fails: 'whatever is on the host at any moment of attach was claimed before',
  },
  {
    fault: 'says that it cannot work',
    subject: withPlane(() => ({
      status: () => Promise.resolve({ state: 'unavailable', reasons: ['it is Monday'] }),
    })),
    fails: 'status says whether it can work, and changes nothing',
  },
  {
    fault: 'leaks an interface',
    subject: withPlane((plane, host) => ({
      async attach(target, call) {
        await plane.attach(target, call);
        const name = `leak${target.endpoint.id.slice(0, 8)}`;
        await call.claim({ kind: 'interface', name });
        await host.tamper((state) => {
          state.interfaces[`/${name}`] = strange(name);
        });
      },
    })),
    fails: 'detach leaves the host as it was before attach',
  },
  {
    fault: 'attaches only once',
    subject: withPlane((plane, host) => ({
      async attach(target, call) {
        const { interfaces } = await host.inspect();
        if (interfaces[`/${pairOf(target)}`]?.owner === target.endpoint.id) {
          throw new KleenetError('INTERFACE_IN_USE', 'already there');
        }
        await plane.attach(target, call);
      },
    })),
    fails: 'attach may be repeated, also after it failed half-way',
  },
  {
    fault: 'forgets the MAC address',
    subject: withPlane((plane, host) => ({
      attach: async (target, call) => {
        await plane.attach(target, call);
        await host.tamper((state) => {
          for (const one of Object.values(state.interfaces)) if (one.sandbox !== '') one.mac = '';
        });
      },
      observe: (targets) =>
        plane.observe(
          targets.map(({ endpoint: { mac: _mac, ...endpoint }, ...target }) => ({
            ...target,
            endpoint,
          })),
        ),
    })),
    fails: 'attach gives the endpoint its MAC address',
  },
  {
    fault: 'cannot detach without a sandbox',
    subject: withPlane((plane, host) => ({
      async detach(target, call) {
        const { sandboxes } = await host.inspect();
        if (sandboxes[target.sandbox.name] === undefined) {
          throw new KleenetError('PLATFORM_COMMAND_FAILED', 'no such sandbox');
        }
        await plane.detach(target, call);
      },
    })),
    fails: 'detach works when the sandbox is gone, by the claims alone',
  },
  {
    fault: "cannot detach without the network's interface",
    subject: withPlane((plane, host) => ({
      async detach(target, call) {
        const { interfaces, sandboxes } = await host.inspect();
        const gone = interfaces[`/${target.network.interface}`] === undefined;
        if (gone && sandboxes[target.sandbox.name] !== undefined) {
          throw new KleenetError('INTERFACE_NOT_FOUND', 'no such interface');
        }
        await plane.detach(target, call);
      },
    })),
    fails: "detach works when the network's interface is gone",
  },
  {
    fault: 'does not clean up a pair that has no address yet',
    subject: withPlane((plane, host) => ({
      async detach(target, call) {
        const { interfaces } = await host.inspect();
        const inside = interfaces[`${target.sandbox.name}/${target.endpoint.interface}`];
        if (inside === undefined || inside.addresses.length > 0) await plane.detach(target, call);
      },
    })),
    fails: 'detach cleans up after attach failed at any step',
  },
  {
    fault: 'gives up detaching at the first failure',
    subject: withPlane((plane, host) => ({
      async detach(target, call) {
        await plane.detach(target, call);
        await host.firewall.clear(call);
      },
    })),
    fails: 'detach tries every step before it throws what went wrong',
  },
  {
    fault: 'throws errors without a code',
    subject: withPlane((plane) => ({
      attach: (target, call) =>
        plane.attach(target, call).catch((error: unknown) => {
          throw hasCode(error, 'PLATFORM_COMMAND_FAILED') ? new Error('something failed') : error;
        }),
    })),
    fails: 'attach throws a KleenetError when a step fails',
  },
  {
    fault: 'swallows failures of detach',
    subject: withPlane((plane) => ({
      detach: (target, call) =>
        plane.detach(target, call).catch((error: unknown) => {
          if (!hasCode(error, 'PLATFORM_COMMAND_FAILED')) throw error;
        }),
    })),
    fails: 'detach throws a KleenetError when a step fails',
  },
  {
    fault: 'does not let attach be interrupted',
    subject: withPlane((plane) => ({
      attach: (target, call) => plane.attach(target, { ...call, signal: NEVER }),
    })),
    fails: 'attach ends soon after the signal is raised',
  },
  {
    fault: 'does not let detach be interrupted',
    subject: withPlane((plane) => ({
      detach: (target, call) => plane.detach(target, { ...call, signal: NEVER }),
    })),
    fails: 'detach ends soon after the signal is raised',
  },
];

export const BROKEN_NEIGHBOURS: readonly BrokenDriver[] = [
  {
    fault: 'always finds that all is well',
    subject: withPlane(() => ({
      observe: (targets) =>
        Promise.resolve(targets.map(({ endpoint }) => ({ endpointId: endpoint.id, problems: [] }))),
    })),
    fails: 'observe finds what is missing: never attached, detached, or removed behind its back',
  },
  {
    fault: 'observes in an order of its own',
    subject: withPlane((plane) => ({
      observe: async (targets) => (await plane.observe(targets)).toReversed(),
    })),
    fails: 'observe gives one answer for each target, in their order, and changes nothing',
  },
  {
    fault: 'cannot observe without a sandbox',
    subject: withPlane((plane, host) => ({
      async observe(targets) {
        const { sandboxes } = await host.inspect();
        if (targets.some(({ sandbox }) => sandboxes[sandbox.name] === undefined))
          throw new Error('gone');
        return plane.observe(targets);
      },
    })),
    fails: 'observe answers when the sandbox or the interface of the network is gone',
  },
  {
    fault: 'takes all addresses of a container when one endpoint is detached',
    subject: withPlane(
      (plane, host) => ({
        async detach(target, call) {
          await plane.detach(target, call);
          await host.tamper((state) => {
            const sandbox = state.sandboxes[target.sandbox.name];
            if (sandbox !== undefined) sandbox.addresses = [];
          });
        },
      }),
      RESTRICTED,
    ),
    fails: 'a container is on several networks, and leaves each without harm to the others',
  },
  {
    fault: 'keeps one list for the containers of a network',
    subject: withPlane((plane, host) => ({
      async detach(target, call) {
        await plane.detach(target, call);
        await dropPairsOfOthers(host, target);
      },
    })),
    fails: 'several containers come and go at once on one network',
  },
  {
    fault: 'gives the default route to whoever comes last',
    subject: withPlane((plane) => {
      const flat = (target: AttachTarget): AttachTarget => ({
        ...target,
        endpoint: { ...target.endpoint, gatewayPriority: 0, created: '' },
        siblings: target.siblings.map((sibling) => ({
          ...sibling,
          endpoint: { ...sibling.endpoint, gatewayPriority: 0 },
        })),
      });
      return {
        attach: (target, call) => plane.attach(flat(target), call),
        observe: (targets) => plane.observe(targets.map(withoutGateway)),
      };
    }),
    fails:
      'the default route leaves by the network of the highest priority, and moves on when that is left',
  },
  {
    fault: 'clears the whole bridge',
    subject: withPlane((plane, host) => ({
      async detach(target, call) {
        await plane.detach(target, call);
        await host.tamper((state) => {
          for (const one of Object.values(state.interfaces)) {
            if (one.owner === '' && one.bridge === target.network.interface) one.bridge = '';
          }
        });
      },
    })),
    fails: 'what klee did not make stays as it is, whatever is attached beside it',
  },
  {
    fault: 'takes over what has its name',
    subject: withPlane((plane, host) => ({
      async attach(target, call) {
        const key = `/${pairOf(target)}`;
        await host.tamper((state) => {
          if (state.interfaces[key]?.owner === '') delete state.interfaces[key];
        });
        await plane.attach(target, call);
      },
    })),
    fails: 'an interface that has the name but not the mark is refused, and stays as it is',
  },
];

function pairOf({ endpoint }: AttachTarget): string {
  return `kle${endpoint.id}`;
}

function strange(name: string): SimulatedInterface {
  return {
    name,
    kind: 'uplink',
    sandbox: '',
    owner: '',
    bridge: '',
    mac: '',
    mtu: 1500,
    addresses: [],
  };
}

/** So that observe does not miss the default route. */
function withoutGateway(target: AttachTarget): AttachTarget {
  const internal = (network: Network): Network => ({ ...network, internal: true });
  return {
    ...target,
    network: internal(target.network),
    siblings: target.siblings.map((one) => ({ ...one, network: internal(one.network) })),
  };
}

function dropPairsOfOthers(
  host: SimulatedPlatform,
  { network, sandbox }: AttachTarget,
): Promise<void> {
  return host.tamper((state) => {
    for (const one of Object.values(state.interfaces)) {
      const [inside] = (one.peer ?? '').split('/');
      if (one.bridge === network.interface && inside !== sandbox.name && inside !== '')
        one.bridge = '';
    }
  });
}
